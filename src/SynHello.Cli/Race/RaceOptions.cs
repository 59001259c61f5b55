namespace SynHello.Cli.Race;

/// <summary>What kind of race.</summary>
internal sealed record RaceOptions
{
    public const int DefaultRoundTrip = 56;
    public const int ShortestRoundTrip = 1;

    /// <summary>
    /// From one second on the kernel sends a SYN again before its answer can arrive, and nothing could be compared.
    /// </summary>
    public const int LongestRoundTrip = 900;

    public const int DefaultRuns = 20;
    public const int MostRuns = 1000;

    /// <summary>The wire's round trip.</summary>
    public required TimeSpan RoundTrip { get; init; }

    /// <summary>Measured runs of each scheme.</summary>
    public required int Runs { get; init; }

    /// <summary>What the servers show.</summary>
    public RaceCertificate Certificate { get; init; }
}
