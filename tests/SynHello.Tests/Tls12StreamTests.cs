using System.Collections.Concurrent;
using System.Net;
using System.Security.Authentication;

using SynHello.Sockets;
using SynHello.Testing;
using SynHello.Tls;

namespace SynHello.Tests;

/// <summary>TLS 1.2 over sockets: both sides say that they speak it.</summary>
public sealed class Tls12StreamTests
{
    [Theory]
    [InlineData(SslProtocols.Tls12 | SslProtocols.Tls13, SslProtocols.Tls12, "1.2")]
    [InlineData(SslProtocols.Tls12, SslProtocols.Tls12 | SslProtocols.Tls13, "1.2")]
    [InlineData(SslProtocols.Tls12 | SslProtocols.Tls13, SslProtocols.Tls12 | SslProtocols.Tls13, "1.3")]
    public async Task Version_IsTheNewestThatBothEnable(SslProtocols client, SslProtocols server, string expected)
    {
        await using SecureListener listener = Listen(server);
        var connecting = new SecureClient(Options(client));
        for (int visit = 0; visit < 2; visit++)
        {
            (SecureStream up, SecureStream down) = await ConnectAsync(connecting, listener);
            await using (up)
            await using (down)
            {
                Assert.Equal(expected, up.Report.Version.ToString());
                Assert.Equal(visit > 0, up.Report.IsResumed);
                await TalkAsync(up, down);
            }
        }
    }

    [Theory]
    [InlineData(true, 2)]
    [InlineData(false, 3)]
    public async Task FalseStart_SavesARoundTrip(bool isAllowed, int roundTrips)
    {
        await using SecureListener listener = Listen(SslProtocols.Tls12);
        SecureClientOptions options = Options(SslProtocols.Tls12 | SslProtocols.Tls13);
        options.AllowFalseStart = isAllowed;
        options.FastOpen = FastOpenMode.Off;
        var client = new SecureClient(options);
        for (int visit = 0; visit < 2; visit++)
        {
            (SecureStream up, SecureStream down) = await ConnectAsync(client, listener);
            await using (up)
            await using (down)
            {
                // The session came behind the stream, and was kept all the same.
                Assert.Equal(visit > 0, up.Report.IsResumed);
                Assert.Equal(visit > 0 ? 2 : roundTrips, up.Report.RoundTripsUntilRequest);
                await TalkAsync(up, down);
                Assert.True(up.IsHandshakeComplete);
            }
        }
    }

    [Fact]
    public void EnabledSslProtocols_AreTls12And13()
    {
        Assert.Throws<ArgumentException>(() => new SecureClient(Options(SslProtocols.None)));
        Assert.Throws<ArgumentException>(() => new SecureClient(Options((SslProtocols)768 | SslProtocols.Tls12))); // and 1.1
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Session_IsResumedByItsId(bool isShared)
    {
        TlsSessionCache cache = isShared ? new Elsewhere() : new SessionIdCache();
        await using SecureListener listener = Listen(SslProtocols.Tls12, options =>
        {
            options.TicketCount = 0;
            options.SessionCache = cache;
        });
        var client = new SecureClient(Options(SslProtocols.Tls12));
        for (int visit = 0; visit < 3; visit++)
        {
            (SecureStream up, SecureStream down) = await ConnectAsync(client, listener);
            await using (up)
            await using (down)
            {
                Assert.Equal((visit > 0, visit > 0), (up.Report.IsResumed, down.Report.IsResumed));
                await TalkAsync(up, down);
            }
        }
    }

    [Fact]
    public async Task SharedCache_ThatFails_CostsAFullHandshake()
    {
        var cache = new Elsewhere();
        await using SecureListener listener = Listen(SslProtocols.Tls12, options =>
        {
            options.TicketCount = 0;
            options.SessionCache = cache;
        });
        var client = new SecureClient(Options(SslProtocols.Tls12));
        for (int visit = 0; visit < 2; visit++)
        {
            (SecureStream up, SecureStream down) = await ConnectAsync(client, listener);
            await using (up)
            await using (down)
            {
                Assert.False(up.Report.IsResumed);
                await TalkAsync(up, down);
            }

            cache.Fails = true;
        }
    }

    private static SecureListener Listen(SslProtocols protocols, Action<SecureListenerOptions>? configure = null)
    {
        var options = new SecureListenerOptions
        {
            ListenEndPoint = new IPEndPoint(IPAddress.Loopback, 0),
            Credentials = [TestCertificates.Shared(CertificateKind.EcdsaP256).ToCredential()],
            EnabledSslProtocols = protocols,
        };
        configure?.Invoke(options);
        return new SecureListener(options);
    }

    private static SecureClientOptions Options(SslProtocols protocols) => new()
    {
        TrustedRoots = [TestCertificates.Shared(CertificateKind.EcdsaP256).Root],
        EnabledSslProtocols = protocols,
    };

    private static async Task<(SecureStream Client, SecureStream Server)> ConnectAsync(SecureClient client, SecureListener listener)
    {
        Task<SecureStream> accepting = listener.AcceptAsync().AsTask();
        SecureStream stream = await client.ConnectAsync(listener.LocalEndPoint, "localhost");
        await stream.WriteAsync("first"u8.ToArray());
        SecureStream accepted = await accepting;
        byte[] first = new byte[5];
        await accepted.ReadExactlyAsync(first);
        return (stream, accepted);
    }

    private static async Task TalkAsync(SecureStream client, SecureStream server)
    {
        byte[] sent = new byte[100_000], received = new byte[sent.Length];
        new Random(1).NextBytes(sent);
        Task writing = server.WriteAsync(sent).AsTask();
        await client.ReadExactlyAsync(received);
        await writing;
        Assert.Equal(sent, received);
        await client.ShutdownAsync();
        Assert.Equal(0, await server.ReadAsync(received));
        await server.ShutdownAsync();
        Assert.Equal(0, await client.ReadAsync(received));
    }

    /// <summary>A cache that has to be waited for.</summary>
    private sealed class Elsewhere : SharedSessionCache
    {
        private readonly ConcurrentDictionary<string, byte[]> _sessions = new();

        public bool Fails { get; set; }

        public override void Add(ReadOnlySpan<byte> sessionId, ReadOnlySpan<byte> session, DateTimeOffset expiresAt) =>
            _sessions[Convert.ToHexString(sessionId)] = session.ToArray();

        public override void Remove(ReadOnlySpan<byte> sessionId) => _sessions.TryRemove(Convert.ToHexString(sessionId), out _);

        public override async ValueTask<ReadOnlyMemory<byte>> FindAsync(
            ReadOnlyMemory<byte> sessionId, CancellationToken cancellationToken)
        {
            await Task.Yield();
            return Fails
                ? throw new IOException("The cache is gone.")
                : _sessions.GetValueOrDefault(Convert.ToHexString(sessionId.Span));
        }
    }
}
