using System.Net.Security;

using SynHello.Testing;
using SynHello.Wire;

namespace SynHello.Tls.Tests;

/// <summary>A server of TLS 1.2 that lets its clients come back, and clients that do.</summary>
internal sealed class Tls12ResumptionSetup
{
    public FakeTimeProvider Clock { get; } = new();

    public TestTicketProtector Protector { get; init; } = new();

    public TestSessionCache Cache { get; init; } = new();

    /// <summary>Whether the server gives out tickets; otherwise it keeps sessions by their IDs.</summary>
    public bool GivesTickets { get; set; } = true;

    public byte[] TrustContext { get; set; } = [];

    public TlsServerResumption Resumption => new(Protector, Clock)
    {
        SessionCache = Cache,
        TicketCount = GivesTickets ? 2 : 0,
        TrustContext = TrustContext,
    };

    public TlsServerConfiguration Server(
        TlsClientCertificateMode clientCertificates = TlsClientCertificateMode.None,
        IReadOnlyList<CipherSuite>? suites = null,
        IReadOnlyList<SslApplicationProtocol>? protocols = null,
        IReadOnlyList<ProtocolVersion>? versions = null) => Tls12Engines.Server(
            [Engines.Credential(), Engines.Credential(CertificateKind.Rsa2048)],
            versions,
            Resumption,
            protocols,
            clientCertificates,
            suites);

    public TlsClientConfiguration Client(
        IReadOnlyList<CipherSuite>? suites = null,
        IReadOnlyList<SslApplicationProtocol>? protocols = null,
        IReadOnlyList<ProtocolVersion>? versions = null) => Tls12Engines.Client(versions, Clock, protocols, suites);

    /// <summary>Makes a first visit and returns the session that it brought.</summary>
    public TlsSession Visit(TlsClientConfiguration? client = null, TlsServerConfiguration? server = null)
    {
        using EnginePair pair = Tls12Engines.Connected(client ?? Client(), server ?? Server());
        Assert.Contains(TlsEvent.SessionReceived, pair.Client.Events);
        return Assert.Single(pair.ReadSessions());
    }

    /// <summary>Comes back with a session.</summary>
    public EnginePair Return(
        TlsSession session,
        TlsClientConfiguration? client = null,
        TlsServerConfiguration? server = null,
        string? host = "example.com")
    {
        var pair = new EnginePair(client ?? Client(), server ?? Server(), host);
        pair.Server.Sessions = id => Cache.Find(id.Span);
        return pair.Handshake(new TlsClientStart { Session = session });
    }

    /// <summary>The same session with something else said of it.</summary>
    public static TlsSession Change(
        TlsSession session, string? serverName = null, byte[]? ticket = null, byte[]? id = null, CipherSuite? suite = null) =>
        new(session.Secret, ticket ?? (id is null ? session.Ticket : []))
        {
            Version = ProtocolVersion.Tls12,
            SessionIdBytes = id ?? (ticket is null ? session.SessionIdBytes : []),
            CipherSuite = suite ?? session.CipherSuite,
            ServerName = serverName ?? session.ServerName,
            ApplicationProtocol = session.ApplicationProtocol,
            ReceivedAt = session.ReceivedAt,
            Lifetime = session.Lifetime,
            MaximumEarlyData = 0,
            PeerCertificates = session.PeerCertificates,
        };
}
