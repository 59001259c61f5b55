using System.Net.Security;

using SynHello.Fuzz.Transparent;
using SynHello.Testing;
using SynHello.Tls;
using SynHello.Wire;

namespace SynHello.Fuzz.Engines;

/// <summary>
/// A scenario with all that its connections need. Each connection is like the last, byte by byte, and what both sides send in one is
/// recorded, to be sent again. Not thread-safe.
/// </summary>
internal sealed class Stage
{
    private const string Host = "example.com";

    /// <summary>Each thread's own: what is like chance in a connection is the stage's, and two connections at a time would share it.</summary>
    [ThreadStatic]
    private static Stage?[]? _stages;

    private readonly TransparentCryptoProvider _clientCrypto;
    private readonly TransparentCryptoProvider _serverCrypto;
    private readonly TlsClientConfiguration _client;
    private readonly TlsServerConfiguration _server;
    private readonly FixedSessionCache _cache;
    private readonly TlsSession? _session;

    private Stage(Scenario scenario, bool binds)
    {
        Scenario = scenario;
        var clock = new FakeTimeProvider();

        // Of its own for each scenario: what was right in one must not be right in another.
        ulong seed = Mixer.AbsorbWords(Mixer.Start, scenario.Name);
        _clientCrypto = new TransparentCryptoProvider(seed + 1, binds);
        _serverCrypto = new TransparentCryptoProvider(seed + 2, binds);
        _cache = new FixedSessionCache(scenario.LooksElsewhere);
        ClientCredential = new TransparentCredential(scenario.CertificateKind, seed + 3, scenario.SignsElsewhere);
        ServerCredential = new TransparentCredential(scenario.CertificateKind, seed + 4, scenario.SignsElsewhere, scenario.IsStapled);
        SslApplicationProtocol[] protocols = [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11];
        _client = new TlsClientConfiguration(_clientCrypto)
        {
            Versions = scenario.Versions,
            ApplicationProtocols = protocols,
            TimeProvider = clock,
            RecordSizeLimit = scenario.RecordSizeLimit,
            CertificateCompressionAlgorithms = scenario.IsUncompressed ? [] : _clientCrypto.CertificateCompressionAlgorithms,
            RequestOcspResponses = scenario.IsStapled,
            RequireExtendedMasterSecret = !scenario.AllowsPlainMasterSecret,
            AllowPskKeyExchange = scenario.KeyAlone,
            TicketRequest = scenario.Resumes ? 1 : null,
            Credentials = scenario.AsksForCredentials ? [] : [ClientCredential],
            CredentialSelector = scenario.AsksForCredentials ? _ => null : null,
        };
        _server = new TlsServerConfiguration(_serverCrypto, scenario.AsksForCredentials ? [] : [ServerCredential])
        {
            Versions = scenario.ServerVersions ?? scenario.Versions,
            ApplicationProtocols = protocols,
            Groups = scenario.Retries ? [NamedGroup.Secp384r1] : _serverCrypto.Groups,
            RecordSizeLimit = scenario.RecordSizeLimit,
            CertificateCompressionAlgorithms = scenario.IsUncompressed ? [] : _serverCrypto.CertificateCompressionAlgorithms,
            ClientCertificateMode = scenario.ClientCertificates,
            RequireExtendedMasterSecret = !scenario.AllowsPlainMasterSecret,
            CredentialSelector = scenario.AsksForCredentials ? _ => null : null,
            Resumption = new TlsServerResumption(new TransparentTicketProtector(binds), clock)
            {
                MaximumEarlyData = 1000,
                TicketCount = scenario.ByIdentifier ? 0 : 2,
                SessionCache = _cache,
                AllowPskKeyExchange = scenario.KeyAlone,
            },
        };
        if (scenario.Resumes)
            _session = Record().Session ?? throw new InvalidOperationException($"\"{scenario.Name}\" brings no session.");
        Recording = Record();
        if (!Recording.Completed)
            throw new InvalidOperationException($"\"{scenario.Name}\" does not complete: {Recording.Failure}");
    }

    public Scenario Scenario { get; }

    public TransparentCredential ClientCredential { get; }

    public TransparentCredential ServerCredential { get; }

    /// <summary>A connection that nobody disturbs.</summary>
    public Recording Recording { get; }

    public static Stage Of(int scenario, EngineFlags flags)
    {
        bool binds = flags.HasFlag(EngineFlags.Binds);
        int index = scenario % Scenario.All.Count;
        _stages ??= new Stage?[2 * Scenario.All.Count];
        return _stages[(2 * index) + (binds ? 1 : 0)] ??= new Stage(Scenario.All[index], binds);
    }

    /// <summary>A client that has sent its first flight.</summary>
    public EngineRun StartClient(EngineFlags flags)
    {
        _clientCrypto.Restart();
        _clientCrypto.ChecksTags = !flags.HasFlag(EngineFlags.IgnoresTags);
        var engine = new TlsClientEngine(_client, Host);
        var run = new EngineRun(engine, this, flags, ClientCredential);
        engine.Start(
            new TlsClientStart { Session = _session, EarlyData = new byte[_session is null ? 0 : Scenario.EarlyData] }, run.Output);
        return run;
    }

    public EngineRun StartServer(EngineFlags flags)
    {
        _serverCrypto.Restart();
        _serverCrypto.ChecksTags = !flags.HasFlag(EngineFlags.IgnoresTags);
        return new EngineRun(new TlsServerEngine(_server), this, flags, ServerCredential);
    }

    public ReadOnlyMemory<byte> FindSession(ReadOnlySpan<byte> id) => _cache.Find(id);

    private Recording Record()
    {
        using EngineRun client = StartClient(EngineFlags.None);
        using EngineRun server = StartServer(EngineFlags.None);
        List<byte[]> up = [], down = [];
        Pump(client, server, up, down);
        bool completed = client.Engine.IsHandshakeComplete && server.Engine.IsHandshakeComplete;
        TlsSession? session = null;
        ulong clientAgreed = 0, serverAgreed = 0;
        if (completed)
        {
            clientAgreed = client.Agreement();
            serverAgreed = server.Agreement();
            ((TlsClientEngine)client.Engine).TryReadSession(out session);
            for (int i = 0; i < 2; i++)
            {
                client.Engine.Send(new byte[20], client.Output);
                server.Engine.Send(new byte[30], server.Output);
                if (client.Engine.Negotiated.Version == ProtocolVersion.Tls13)
                {
                    server.Engine.UpdateKey(requestPeer: true, server.Output);
                    client.Engine.UpdateKey(requestPeer: i == 0, client.Output);
                }

                Pump(client, server, up, down);
            }

            client.Engine.SendCloseNotify(client.Output);
            server.Engine.SendCloseNotify(server.Output);
            Pump(client, server, up, down);
        }

        return new Recording(
            completed, $"{client.Failure?.Message} {server.Failure?.Message}", up, down, clientAgreed, serverAgreed, session);
    }

    private static void Pump(EngineRun client, EngineRun server, List<byte[]> up, List<byte[]> down)
    {
        while (true)
        {
            byte[] toServer = client.TakeOutput(), toClient = server.TakeOutput();
            if (toServer.Length + toClient.Length == 0)
                return;
            if (toServer.Length > 0)
            {
                up.Add(toServer);
                server.Deliver(toServer, Splitter.Whole);
            }

            if (toClient.Length > 0)
            {
                down.Add(toClient);
                client.Deliver(toClient, Splitter.Whole);
            }
        }
    }
}
