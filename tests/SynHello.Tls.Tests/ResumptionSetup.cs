using SynHello.Crypto;
using SynHello.Testing;
using SynHello.Wire;

namespace SynHello.Tls.Tests;

/// <summary>A server that gives out tickets and takes early data, and clients that come back to it.</summary>
internal sealed class ResumptionSetup
{
    public const string Host = "example.com";

    public FakeTimeProvider Clock { get; } = new();

    public TestTicketProtector Protector { get; init; } = new();

    public Guid Scope { get; init; } = Guid.NewGuid();

    /// <summary>Changes what the server does.</summary>
    public Func<SessionTicketProtector, TimeProvider, Guid, TlsServerResumption> Resumption { get; init; } =
        (protector, clock, scope) => new TlsServerResumption(protector, clock) { MaximumEarlyData = 16_384, ReplayScope = scope };

    public TlsServerConfiguration Server(
        IReadOnlyList<System.Net.Security.SslApplicationProtocol>? protocols = null,
        IReadOnlyList<CipherSuite>? suites = null,
        IReadOnlyList<NamedGroup>? groups = null,
        int? recordSizeLimit = null) =>
        new(DefaultCryptoProvider.Instance, [Engines.Credential()])
        {
            Resumption = Resumption(Protector, Clock, Scope),
            ApplicationProtocols = protocols ?? [],
            CipherSuites = suites ?? DefaultCryptoProvider.Instance.CipherSuites,
            Groups = groups ?? DefaultCryptoProvider.Instance.Groups,
            RecordSizeLimit = recordSizeLimit,
        };

    public TlsClientConfiguration Client(
        IReadOnlyList<System.Net.Security.SslApplicationProtocol>? protocols = null,
        IReadOnlyList<CipherSuite>? suites = null,
        IReadOnlyList<NamedGroup>? keyShares = null,
        int? ticketRequest = null,
        int? resumptionTicketRequest = null,
        bool allowPskOnly = false) =>
        new(DefaultCryptoProvider.Instance)
        {
            TimeProvider = Clock,
            ApplicationProtocols = protocols ?? [],
            CipherSuites = suites ?? DefaultCryptoProvider.Instance.CipherSuites,
            KeyShareGroups = keyShares,
            TicketRequest = ticketRequest,
            ResumptionTicketRequest = resumptionTicketRequest,
            AllowPskKeyExchange = allowPskOnly,
        };

    /// <summary>Makes a first visit and returns the sessions that it brought.</summary>
    public IReadOnlyList<TlsSession> Visit(
        TlsClientConfiguration? client = null, TlsServerConfiguration? server = null, string? host = Host)
    {
        using var pair = new EnginePair(client ?? Client(), server ?? Server(), host);
        pair.Handshake();
        Assert.Null(pair.Client.Failure);
        Assert.Null(pair.Server.Failure);
        return pair.ReadSessions();
    }

    public EnginePair Pair(
        TlsClientConfiguration? client = null, TlsServerConfiguration? server = null, string? host = Host) =>
        new(client ?? Client(), server ?? Server(), host);
}
