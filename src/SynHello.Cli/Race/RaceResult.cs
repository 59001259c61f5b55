namespace SynHello.Cli.Race;

/// <summary>A race that was run to its end.</summary>
/// <param name="Options">What kind of race it was.</param>
/// <param name="CertificateChainBytes">How many bytes of certificates the servers showed.</param>
/// <param name="StartedAt">The time of day at time zero of the packets.</param>
/// <param name="Rows">The schemes in the order of <see cref="RaceScheme.All"/>.</param>
internal sealed record RaceResult(
    RaceOptions Options, int CertificateChainBytes, DateTimeOffset StartedAt, IReadOnlyList<RaceRow> Rows);
