namespace SynHello.Fuzz.Targets;

/// <summary>All targets.</summary>
internal static class FuzzTargets
{
    public static IReadOnlyList<FuzzTarget> All { get; } =
    [
        new RecordTarget(),
        .. MessageTargets.All,
        new ClientTarget(),
        new ServerTarget(),
        new TicketTarget(),
        new CertificateCompressionTarget(),
        new SessionFileTarget(),
        new HelloRetryCookieTarget(),
        new CertificateKeyTarget(),
        new OcspResponseTarget(),
    ];
}
