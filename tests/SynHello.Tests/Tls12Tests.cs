using System.Collections.Concurrent;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;

using SynHello.Testing;
using SynHello.Tls;
using SynHello.Wire;

namespace SynHello.Tests;

/// <summary>TLS 1.2 through clients and listeners: versions, and coming back.</summary>
public sealed class Tls12Tests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(SslProtocols.Tls12, SslProtocols.Tls12, SslProtocols.Tls12)]
    [InlineData(SslProtocols.Tls12, SslProtocols.Tls12 | SslProtocols.Tls13, SslProtocols.Tls12)]
    [InlineData(SslProtocols.Tls12 | SslProtocols.Tls13, SslProtocols.Tls12, SslProtocols.Tls12)]
    [InlineData(SslProtocols.Tls12 | SslProtocols.Tls13, SslProtocols.Tls13, SslProtocols.Tls13)]
    [InlineData(SslProtocols.None, SslProtocols.None, SslProtocols.Tls13)]
    [InlineData(SslProtocols.Tls13, SslProtocols.Tls12, null)]
    [InlineData(SslProtocols.Tls12, SslProtocols.Tls13, null)]
    public async Task NewestCommonVersion_IsSpoken(SslProtocols ofClient, SslProtocols ofServer, SslProtocols? spoken)
    {
        await using SecureListener listener = SecurePair.Listen(options => options.EnabledSslProtocols = ofServer);
        SecureClient client = SecurePair.MakeClient(options => options.EnabledSslProtocols = ofClient);
        if (spoken is null)
        {
            await Assert.ThrowsAsync<AuthenticationException>(() => Tls12Visit.MakeAsync(client, listener));
            return;
        }

        (HandshakeReport atClient, HandshakeReport atServer) = await Tls12Visit.MakeAsync(client, listener);
        Assert.Equal(spoken, atClient.Version.ToSslProtocols());
        Assert.Equal(spoken, atServer.Version.ToSslProtocols());
    }

    [Theory]
    [InlineData(SslProtocols.Tls12 | (SslProtocols)192)]
    [InlineData((SslProtocols)768)]
    public void OtherVersions_AreRefused(SslProtocols protocols)
    {
        Assert.Throws<ArgumentException>(() => SecurePair.MakeClient(options => options.EnabledSslProtocols = protocols));
        Assert.Throws<ArgumentException>(() => SecurePair.Listen(options => options.EnabledSslProtocols = protocols));
    }

    /// <summary>Whatever a cache throws costs sessions, and no connection.</summary>
    [Fact]
    public async Task Cache_ThatThrows_CostsNoConnection()
    {
        await using SecureListener listener = Tls12Visit.Listen(options =>
        {
            options.TicketCount = 0;
            options.SessionCache = new BrokenCache();
        });
        SecureClient client = Tls12Visit.MakeClient();
        for (int visit = 0; visit < 2; visit++)
            Assert.False((await Tls12Visit.MakeAsync(client, listener)).Client.IsResumed);
    }

    [Theory]
    [InlineData(2, false)]
    [InlineData(0, true)]
    [InlineData(2, true)]
    public async Task ReturningClient_ResumesAgainAndAgain(int tickets, bool hasCache)
    {
        var cache = new SessionIdCache();
        await using SecureListener listener = Tls12Visit.Listen(options =>
        {
            options.TicketCount = tickets;
            options.SessionCache = hasCache ? cache : null;
        });
        SecureClient client = Tls12Visit.MakeClient();
        for (int visit = 0; visit < 4; visit++)
        {
            (HandshakeReport atClient, HandshakeReport atServer) = await Tls12Visit.MakeAsync(client, listener);
            Assert.Equal(visit > 0, atClient.IsResumed);
            Assert.Equal(visit > 0, atServer.IsResumed);
            Assert.Equal(2, atClient.RoundTripsUntilRequest);
            Assert.Equal(2, atServer.RoundTripsUntilRequest);
        }

        Assert.Equal(tickets == 0 ? 3 : 0, cache.Statistics.Hits);
    }

    [Fact]
    public async Task WithoutTicketsAndCache_NothingIsResumed()
    {
        await using SecureListener listener = Tls12Visit.Listen(options => options.TicketCount = 0);
        SecureClient client = Tls12Visit.MakeClient();
        await Tls12Visit.MakeAsync(client, listener);
        Assert.False((await Tls12Visit.MakeAsync(client, listener)).Client.IsResumed);
    }

    /// <summary>One server has made the session, and another one at the same address resumes it.</summary>
    [Fact]
    public async Task SharedCache_IsAskedByEveryServer()
    {
        var cache = new SharedSessions();
        var keys = new SessionTicketKeyRing();
        SecureClient client = Tls12Visit.MakeClient();
        System.Net.IPEndPoint endPoint;
        await using (SecureListener first = Tls12Visit.Listen(options => Share(options, cache, keys)))
        {
            endPoint = first.LocalEndPoint;
            await Tls12Visit.MakeAsync(client, first);
        }

        await using SecureListener second = Tls12Visit.Listen(options =>
        {
            Share(options, cache, keys);
            options.ListenEndPoint = endPoint;
        });
        Assert.True((await Tls12Visit.MakeAsync(client, second)).Server.IsResumed);
        Assert.Equal(1, cache.Asked);
    }

    /// <summary>A cache that fails, or never answers, costs a session and not the connection.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task SharedCache_ThatFails_MeansAFullHandshake(bool hangs)
    {
        var cache = new SharedSessions();
        var log = new CollectingLogger();
        var keys = new SessionTicketKeyRing();
        await using SecureListener listener = Tls12Visit.Listen(options =>
        {
            Share(options, cache, keys);
            options.LoggerFactory = log;
        });
        SecureClient client = Tls12Visit.MakeClient();
        await Tls12Visit.MakeAsync(client, listener);
        cache.Answer = async cancellationToken =>
        {
            if (hangs)
                await Task.Delay(Timeout.Infinite, cancellationToken);
            throw new IOException("The cache is gone.");
        };
        Assert.False((await Tls12Visit.MakeAsync(client, listener)).Client.IsResumed);
        Assert.Single(log.Entries, entry => entry.Id == 45);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ClientCertificate_IsKnown_AndIsKeptByTheSession(bool byId)
    {
        using var authority = new TestClientAuthority("SynHello clients");
        using TestChain alice = authority.Issue("alice");
        await using SecureListener listener = Tls12Visit.Listen(options =>
        {
            options.ClientCertificateMode = TlsClientCertificateMode.Required;
            options.TrustedClientRoots = [authority.Root];
            options.TicketCount = byId ? 0 : 2;
            options.SessionCache = new SessionIdCache();
        });
        SecureClient client = Tls12Visit.MakeClient(options => options.Credentials = [alice.ToCredential()]);
        for (int visit = 0; visit < 2; visit++)
        {
            await using SecureStream stream = await client.ConnectAsync(listener.LocalEndPoint, SecurePair.Host, Cancelled);
            await stream.FlushAsync(Cancelled);
            await using SecureStream served = await listener.AcceptAsync(Cancelled).Guarded();
            await stream.CompleteHandshakeAsync(Cancelled);
            Assert.Equal(visit > 0, served.Report.IsResumed);
            Assert.Equal("CN=alice", served.RemoteCertificate?.Subject);
        }
    }

    /// <summary>RFC 5246 section 7.2.2: a server that has something against a session may say so only behind the handshake.</summary>
    [Fact]
    public async Task ResumedSession_WhoseConnectionFails_IsForgotten()
    {
        using var server = new Tls12EngineServer();
        var store = new ObservedStore(new MemorySessionStore());
        SecureClient client = Tls12Visit.MakeClient(options => options.SessionStore = store);
        for (int visit = 0; visit < 3; visit++)
        {
            Task<SecureStream> connecting = server.ConnectAsync(client);
            Task<byte[]> accepting = server.AcceptAsync();
            if (visit == 1)
            {
                await using SecureStream resumed = await connecting.Guarded();
                await resumed.FlushAsync(Cancelled);
                await accepting;
                Assert.True(resumed.Report.IsResumed);
                await server.SendAsync(new byte[] { 23, 3, 3, 0, 32 }.Concat(new byte[32]).ToArray()); // sealed with no key
                await Assert.ThrowsAsync<IOException>(() => resumed.ReadAsync(new byte[1], Cancelled).AsTask());
                Assert.Single(store.Removed);
                continue;
            }

            await server.SendAsync(await accepting);
            await using SecureStream stream = await connecting.Guarded();
            await stream.CompleteHandshakeAsync(Cancelled);
            Assert.False(stream.Report.IsResumed);
            Assert.Equal(visit / 2, store.Removed.Count);
        }
    }

    /// <summary>A session of one version is not resumed with another, and is not in the way of it either.</summary>
    [Fact]
    public async Task ServerThatGainsTls13_IsSpokenWithAtOnce()
    {
        var keys = new SessionTicketKeyRing();
        SecureClient client = SecurePair.MakeClient();
        System.Net.IPEndPoint endPoint;
        await using (SecureListener old = Tls12Visit.Listen(options => options.TicketKeys = keys))
        {
            endPoint = old.LocalEndPoint;
            Assert.Equal(ProtocolVersion.Tls12, (await Tls12Visit.MakeAsync(client, old)).Client.Version);
        }

        await using SecureListener renewed = SecurePair.Listen(options => (options.ListenEndPoint, options.TicketKeys) = (endPoint, keys));
        (HandshakeReport report, _) = await Tls12Visit.MakeAsync(client, renewed);
        Assert.Equal(ProtocolVersion.Tls13, report.Version);
        Assert.False(report.IsResumed);
        Assert.True((await Tls12Visit.MakeAsync(client, renewed)).Client.IsResumed);
    }

    [Theory]
    [InlineData(TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, CertificateKind.EcdsaP256)]
    [InlineData(TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, CertificateKind.EcdsaP384)]
    [InlineData(TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, CertificateKind.EcdsaP256)]
    [InlineData(TlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, CertificateKind.Rsa2048)]
    [InlineData(TlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384, CertificateKind.Rsa2048)]
    [InlineData(TlsCipherSuite.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256, CertificateKind.Rsa2048)]
    [System.Runtime.Versioning.SupportedOSPlatform("linux")] // where .NET lets one choose suites
    public async Task SslStream_IsSpokenWithInBothRoles(TlsCipherSuite suite, CertificateKind kind)
    {
        TestChain chain = TestCertificates.Shared(kind);
        (SecureStream client, SslPeer server) = await SslPeer.ServeAsync(
            options => (options.EnabledSslProtocols, options.CipherSuites, options.TrustedRoots) =
                (SslProtocols.Tls12, [new((ushort)suite)], [chain.Root]),
            options =>
            {
                options.EnabledSslProtocols = SslProtocols.Tls12;
                options.CipherSuitesPolicy = new CipherSuitesPolicy([suite]); // .NET leaves ChaCha20 out of 1.2 otherwise
                options.ServerCertificateContext = SslStreamCertificateContext.Create(chain.Leaf, chain.Intermediates, offline: true);
            });
        await using (client)
        using (server)
        {
            Assert.Equal(suite, server.Stream.NegotiatedCipherSuite);
            await AssertCarriesAsync(client, server.Stream);
        }

        await using SecureListener listener = Tls12Visit.Listen(options =>
        {
            options.Credentials = [chain.ToCredential()];
            options.CipherSuites = [new((ushort)suite)];
        });
        using SslPeer visitor = await SslPeer.ConnectAsync(listener.LocalEndPoint, options =>
        {
            options.EnabledSslProtocols = SslProtocols.Tls12;
            options.CipherSuitesPolicy = new CipherSuitesPolicy([suite]);
            options.CertificateChainPolicy!.CustomTrustStore.Clear();
            options.CertificateChainPolicy.CustomTrustStore.Add(chain.Root);
        });
        await using SecureStream served = await listener.AcceptAsync(Cancelled).Guarded();
        Assert.Equal(suite, served.NegotiatedCipherSuite);
        await AssertCarriesAsync(served, visitor.Stream);
    }

    private static void Share(SecureListenerOptions options, TlsSessionCache cache, SessionTicketKeyRing keys)
    {
        options.TicketCount = 0;
        options.SessionCache = cache;
        options.TicketKeys = keys;
    }

    private static async Task AssertCarriesAsync(SecureStream stream, Stream peer)
    {
        byte[] sent = RandomNumberGenerator.GetBytes(100_000), received = new byte[100_000];
        Task writing = stream.WriteAsync(sent, Cancelled).AsTask();
        await peer.ReadExactlyAsync(received, Cancelled).Guarded();
        await writing;
        Assert.Equal(sent, received);
        writing = peer.WriteAsync(sent, Cancelled).AsTask();
        await stream.ReadExactlyAsync(received, Cancelled).Guarded();
        await writing;
        Assert.Equal(sent, received);
    }

    private sealed class BrokenCache : TlsSessionCache
    {
        public override void Add(ReadOnlySpan<byte> sessionId, ReadOnlySpan<byte> session, DateTimeOffset expiresAt) => throw Gone();

        public override bool TryFind(ReadOnlySpan<byte> sessionId, out ReadOnlyMemory<byte> session) => throw Gone();

        public override void Remove(ReadOnlySpan<byte> sessionId) => throw Gone();

        private static IOException Gone() => new("The cache is gone.");
    }

    private sealed class SharedSessions : SharedSessionCache
    {
        private readonly ConcurrentDictionary<string, byte[]> _sessions = new();
        private int _asked;

        public int Asked => _asked;

        public Func<CancellationToken, Task>? Answer { get; set; }

        public override void Add(ReadOnlySpan<byte> sessionId, ReadOnlySpan<byte> session, DateTimeOffset expiresAt) =>
            _sessions[Convert.ToHexString(sessionId)] = session.ToArray();

        public override void Remove(ReadOnlySpan<byte> sessionId) => _sessions.TryRemove(Convert.ToHexString(sessionId), out _);

        public override async ValueTask<ReadOnlyMemory<byte>> FindAsync(
            ReadOnlyMemory<byte> sessionId, CancellationToken cancellationToken = default)
        {
            Interlocked.Increment(ref _asked);
            await Task.Yield();
            if (Answer is { } answer)
                await answer(cancellationToken);
            return _sessions.GetValueOrDefault(Convert.ToHexString(sessionId.Span));
        }
    }
}
