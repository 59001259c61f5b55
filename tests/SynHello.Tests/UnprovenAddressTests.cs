using System.Globalization;
using System.Net.Sockets;

using SynHello.Sockets;
using SynHello.Sockets.Tests;
using SynHello.Testing;

namespace SynHello.Tests;

/// <summary>Clients without a cookie whose acknowledgments a filter loses: nobody knows whether the address is forged.</summary>
public sealed class UnprovenAddressTests : IDisposable
{
    private const int HandshakeFailed = 4, HandshakeBroke = 5, HeldBack = 11;

    private readonly CollectingLogger _log = new();
    private readonly TestChain _chain = TestCertificates.Issue(CertificateKind.Rsa2048, [SecurePair.Host], ballast: 2000);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _chain.Dispose();
        _log.Dispose();
    }

    /// <summary>The alert and one reset: no FIN that would keep a place in the kernel's queue, and SYN-ACKs going.</summary>
    [Fact]
    public async Task FailedHandshake_EndsWithAReset()
    {
        await using SecureListener listener = Listen();
        using PacketFilter filter = PacketFilter.LoseAcknowledgments(listener.LocalEndPoint.Port);
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                await FailAsync(listener);
                break;
            }
            catch (TimeoutException) when (attempt < 3)
            {
                // The machine was slower than the three seconds after which the kernel forgets the connection.
            }
        }

        await _log.NextAsync(HandshakeFailed);
    }

    /// <summary>The kernel's two SYN-ACKs and three seconds are the limit, whatever the handshake's own time is.</summary>
    [Fact]
    public async Task FlightThatWaits_IsGivenUpWithTheConnection()
    {
        await using SecureListener listener = Listen();
        using PacketFilter filter = PacketFilter.LoseAcknowledgments(listener.LocalEndPoint.Port);
        using DialedSocket client = await DialAsync(listener, RawClient.ClientHello());

        await _log.NextAsync(HeldBack);
        Assert.Equal(1, listener.HandshakesUnderWay);
        await _log.NextAsync(HandshakeBroke);
        Assert.Equal(0, listener.HandshakesUnderWay);
    }

    [Fact]
    public async Task FlightThatWaits_FollowsTheProof()
    {
        await using SecureListener listener = Listen();
        DialedSocket client;
        using (PacketFilter.LoseAcknowledgments(listener.LocalEndPoint.Port))
        {
            client = await DialAsync(listener, RawClient.ClientHello());
            await _log.NextAsync(HeldBack);
        }

        using (client)
        {
            // The SYN-ACK that comes again is acknowledged, and the rest of the chain is on its way.
            byte[] flight = new byte[ChainWeight.FlightLength(_chain.ToCredential()) - 100];
            await using var stream = new NetworkStream(client.Socket);
            await stream.ReadExactlyAsync(flight, Cancelled).Guarded();
            Assert.Equal(22, flight[0]);
        }
    }

    [Fact]
    public async Task FlightThatWaits_DoesNotHoldUpTheListenersEnd()
    {
        SecureListener listener = Listen(options => options.TimeProvider = new FakeTimeProvider());
        using PacketFilter filter = PacketFilter.LoseAcknowledgments(listener.LocalEndPoint.Port);
        using DialedSocket client = await DialAsync(listener, RawClient.ClientHello());

        await _log.NextAsync(HeldBack);
        await listener.DisposeAsync().Guarded();
        Assert.DoesNotContain(_log.Entries, entry => entry.Id == HandshakeBroke);
    }

    [Fact]
    public async Task FlightThatWaits_EndsWithTheHandshakesTime()
    {
        var clock = new FakeTimeProvider();
        await using SecureListener listener = Listen(options => options.TimeProvider = clock);
        using PacketFilter filter = PacketFilter.LoseAcknowledgments(listener.LocalEndPoint.Port);
        using DialedSocket client = await DialAsync(listener, RawClient.ClientHello());

        await _log.NextAsync(HeldBack);
        clock.Advance(TimeSpan.FromSeconds(11));
        Assert.Contains("10 s", (await _log.NextAsync(HandshakeFailed)).Message, StringComparison.Ordinal);
    }

    /// <summary>The stream was handed out for its early data; its answer waits, and its owner does not want to.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task AnswerThatWaits_EndsWithTheStream(bool abort)
    {
        await using SecureListener listener = Listen(options => options.MaximumEarlyData = 10_000);
        SecureClient client = SecurePair.MakeClient(options =>
        {
            options.FastOpen = FastOpenMode.Cookieless;
            options.TrustedRoots = [_chain.Root];
        });
        await using (SecureStream first = await client.ConnectAsync(listener.LocalEndPoint, SecurePair.Host, Cancelled))
        {
            await first.FlushAsync(Cancelled);
            await using SecureStream accepted = await listener.AcceptAsync(Cancelled);
            Assert.True(accepted.IsRemoteAddressProven);
            await accepted.WriteAsync(EarlyVisits.Response, Cancelled);
            await Exchange.ReadAsync(first, EarlyVisits.Response.Length);
        }

        using PacketFilter filter = PacketFilter.LoseAcknowledgments(listener.LocalEndPoint.Port);
        ValueTask<SecureStream> returning =
            client.ConnectAsync(listener.LocalEndPoint, SecurePair.Host, EarlyVisits.Request, Cancelled);
        SecureStream server = await listener.AcceptAsync(Cancelled).Guarded();
        await using (server)
        {
            Assert.False(server.IsHandshakeComplete);
            Assert.False(server.IsRemoteAddressProven);
            Task writing = server.WriteAsync(new byte[50_000], Cancelled).AsTask();
            string message;
            do
                message = (await _log.NextAsync(HeldBack)).Message;
            while (int.Parse(message[..message.IndexOf(' ', StringComparison.Ordinal)], CultureInfo.InvariantCulture) < 40_000);
            Assert.False(writing.IsCompleted);

            // What was sent of it is of use already: it is a record of its own.
            await using SecureStream answered = await returning.Guarded();
            await answered.ReadExactlyAsync(new byte[2000], Cancelled).Guarded();
            if (abort)
                server.Abort();
            else
                await server.DisposeAsync();
            await Assert.ThrowsAsync<ObjectDisposedException>(() => writing.Guarded());
        }
    }

    private SecureListener Listen(Action<SecureListenerOptions>? configure = null) => SecurePair.Listen(options =>
    {
        options.FastOpen = FastOpenMode.Cookieless;
        options.Credentials = [_chain.ToCredential()];
        options.LoggerFactory = _log;
        configure?.Invoke(options);
    });

    private static ValueTask<DialedSocket> DialAsync(SecureListener listener, byte[] flight) =>
        new FastOpenDialer().ConnectAsync(listener.LocalEndPoint, FastOpenMode.Cookieless, flight, Cancelled);

    private static async Task FailAsync(SecureListener listener)
    {
        using DialedSocket client = await DialAsync(listener, [.. "GET / HTTP/1.1\r\n"u8, .. new byte[500]]);
        byte[] alert = new byte[7];
        await using var stream = new NetworkStream(client.Socket);
        await stream.ReadExactlyAsync(alert, Cancelled).Guarded();
        Assert.Equal(21, alert[0]);
        var end = await Assert.ThrowsAsync<IOException>(() => stream.ReadExactlyAsync(alert, Cancelled).Guarded());
        Assert.Equal(SocketError.ConnectionReset, Assert.IsType<SocketException>(end.InnerException).SocketErrorCode);
    }
}
