using System.Net;
using System.Net.Sockets;
using System.Text;

using Microsoft.Extensions.Logging;

using SynHello.Sockets;
using SynHello.Sockets.Tests;
using SynHello.Testing;
using SynHello.Tls;

namespace SynHello.Tests;

public sealed class SecureListenerTests : IDisposable
{
    private const int Accepted = 3, HandshakeFailed = 4, HandshakeBroke = 5, FastOpenInactive = 6, AcceptFailed = 9;

    private readonly CollectingLogger _log = new();
    private readonly ObservedClock _clock = new(new FakeTimeProvider());

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public void Dispose() => _log.Dispose();

    [Fact]
    public void Options_HaveTheDefaultsThatAreDocumented()
    {
        var options = new SecureListenerOptions();

        Assert.Equal(TimeSpan.FromSeconds(10), options.HandshakeTimeout);
        Assert.Equal(TimeSpan.FromSeconds(10), new SecureClientOptions().HandshakeTimeout);
        Assert.Equal(FastOpenMode.Cookie, options.FastOpen);
        Assert.Equal(FastOpenMode.Cookie, new SecureClientOptions().FastOpen);
        Assert.Equal(1024, options.MaximumPendingConnections);
    }

    [Fact]
    public void Options_ThatCannotBe_AreRefused()
    {
        Assert.Throws<ArgumentNullException>(() => new SecureListener(null!));
        AssertRefused<ArgumentException>(options => options.ListenEndPoint = null);
        AssertRefused<ArgumentException>(options => options.Credentials = []);
        AssertRefused<ArgumentException>(options => options.FastOpenKeys = new byte[15]);
        AssertRefused<ArgumentOutOfRangeException>(options => options.MaximumPendingConnections = 0);
        AssertRefused<ArgumentOutOfRangeException>(options => options.HandshakeTimeout = TimeSpan.Zero);
        AssertRefused<ArgumentOutOfRangeException>(options => options.HandshakeTimeout = TimeSpan.FromSeconds(-5));
        AssertRefused<ArgumentOutOfRangeException>(options => options.HandshakeTimeout = TimeSpan.FromDays(50));
        AssertRefused<ArgumentException>(options =>
        {
            options.MaximumEarlyData = 1;
            options.ReplayRegister = new ScriptedRegister(_ => ValueTask.FromResult(true), Guid.Empty);
        });
        Assert.Throws<ArgumentOutOfRangeException>(() => SecurePair.MakeClient(options => options.HandshakeTimeout = TimeSpan.Zero));

        static void AssertRefused<T>(Action<SecureListenerOptions> configure)
            where T : Exception => Assert.Throws<T>(() => SecurePair.Listen(configure));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task StalledHandshake_IsClosedWhenItsTimeIsUp(bool sendsHalfAHello)
    {
        await using SecureListener listener = Listen();
        using RawClient stalled = await RawClient.ConnectAsync(listener.LocalEndPoint);
        if (sendsHalfAHello)
            await stalled.SendAsync(RawClient.ClientHello().AsMemory(0, 100));
        Assert.Equal(TimeSpan.FromSeconds(10), await _clock.NextTimerAsync());

        await AssertServesAsync(listener); // meanwhile
        _clock.Advance(TimeSpan.FromSeconds(9.999));
        await AssertServesAsync(listener);
        _clock.Advance(TimeSpan.FromSeconds(0.001));

        CollectingLogger.Entry entry = await _log.NextAsync(HandshakeFailed);
        Assert.Equal(LogLevel.Information, entry.Level);
        Assert.Equal($"The handshake with {stalled.LocalEndPoint} failed: HandshakeTimeout: The handshake took longer than 10 s.", entry.Message);

        // user_canceled, then close_notify (RFC 8446 section 6.1), then the end.
        Assert.Equal([21, 3, 3, 0, 2, 1, 90, 21, 3, 3, 0, 2, 1, 0], await stalled.ReadToEndAsync());
        await AssertServesAsync(listener);
    }

    [Fact]
    public async Task ClientThatSpeaksHttp_IsToldAndNamedInTheLog()
    {
        await using SecureListener listener = Listen();
        using RawClient client = await RawClient.ConnectAsync(listener.LocalEndPoint);
        await client.SendAsync(Encoding.ASCII.GetBytes("GET / HTTP/1.1\r\nHost: example.com\r\n\r\n"));

        CollectingLogger.Entry entry = await _log.NextAsync(HandshakeFailed);
        Assert.Equal(
            $"The handshake with {client.LocalEndPoint} failed: NotTls: The peer does not speak TLS: this looks like plain HTTP.",
            entry.Message);
        Assert.Equal([21, 3, 3, 0, 2, 2, 10], await client.ReadToEndAsync());
        await AssertServesAsync(listener);
    }

    [Fact]
    public async Task Garbage_IsAnsweredWithAnAlertAndLogged()
    {
        await using SecureListener listener = Listen();
        for (int seed = 0; seed < 20; seed++)
        {
            using RawClient client = await RawClient.ConnectAsync(listener.LocalEndPoint);
            byte[] garbage = Exchange.Bytes(2000, seed);
            garbage[0] |= 0x80; // no TLS record, whatever follows
            await client.SendAsync(garbage);

            CollectingLogger.Entry entry = await _log.NextAsync(HandshakeFailed);
            Assert.Contains($"with {client.LocalEndPoint} failed: NotTls", entry.Message, StringComparison.Ordinal);
            Assert.Equal([21, 3, 3, 0, 2, 2, 10], await client.ReadToEndAsync());
        }

        await AssertServesAsync(listener);
    }

    [Fact]
    public async Task ResetAtAnyByte_IsLoggedAndOthersAreServed()
    {
        await using SecureListener listener = Listen();
        byte[] hello = RawClient.ClientHello();
        int[] cuts = [0, 1, 4, 5, 6, 9, 10, 43, hello.Length / 2, hello.Length - 1, hello.Length];
        foreach (int cut in cuts)
        {
            RawClient client = await RawClient.ConnectAsync(listener.LocalEndPoint);
            EndPoint address = client.LocalEndPoint;
            await client.SendAsync(hello.AsMemory(0, cut));
            client.Reset();

            // One that is reset before it is accepted is no connection any more, and has no address.
            CollectingLogger.Entry entry = await _log.NextAsync(HandshakeBroke, AcceptFailed);
            Assert.Contains(
                (entry.Id == AcceptFailed ? listener.LocalEndPoint : address).ToString()!, entry.Message, StringComparison.Ordinal);
            await AssertServesAsync(listener);
        }
    }

    [Fact]
    public async Task ResetBeforeItIsAccepted_IsLoggedAndOthersAreServed()
    {
        await using SecureListener listener = SecurePair.Listen(options =>
        {
            options.LoggerFactory = _log;
            options.TimeProvider = _clock;
            options.MaximumPendingConnections = 1;
        });
        SecureStream unaccepted = await ConnectAsync(listener); // holds the only slot, and does not give way
        await _log.NextAsync(Accepted);
        var fillers = new List<RawClient>(); // one that waits for the slot in each accept loop
        for (int i = 0; i < Environment.ProcessorCount; i++)
            fillers.Add(await RawClient.ConnectAsync(listener.LocalEndPoint));
        RawClient lost = await RawClient.ConnectAsync(listener.LocalEndPoint); // behind them, in the kernel
        lost.Reset();
        await using SecureStream server = await listener.AcceptAsync(Cancelled).Guarded();
        await unaccepted.DisposeAsync();
        foreach (RawClient filler in fillers)
            filler.Dispose();

        CollectingLogger.Entry entry = await _log.NextAsync(AcceptFailed);
        Assert.Equal(LogLevel.Information, entry.Level);
        Assert.StartsWith($"A connection to {listener.LocalEndPoint} could not be accepted: ", entry.Message, StringComparison.Ordinal);
        await AssertServesAsync(listener);
    }

    [Fact]
    public async Task EndAtAnyByte_IsLoggedAndOthersAreServed()
    {
        await using SecureListener listener = Listen();
        byte[] hello = RawClient.ClientHello();
        foreach (int cut in (int[])[0, 1, 5, 6, hello.Length - 1])
        {
            using RawClient client = await RawClient.ConnectAsync(listener.LocalEndPoint);
            EndPoint address = client.LocalEndPoint;
            await client.SendAsync(hello.AsMemory(0, cut));
            client.Dispose();

            CollectingLogger.Entry entry = await _log.NextAsync(HandshakeFailed);
            Assert.Equal(
                $"The handshake with {address} failed: TruncatedByPeer: The peer ended the connection before the handshake was complete.",
                entry.Message);
        }

        await AssertServesAsync(listener);
    }

    [Fact]
    public async Task CredentialThatCannotSign_IsLoggedAsAnErrorOfThisSide()
    {
        TlsCredential broken = new BrokenCredential(TestCertificates.Shared(CertificateKind.EcdsaP256).ToCredential());
        await using SecureListener listener = SecurePair.Listen(options =>
        {
            options.LoggerFactory = _log;
            options.Credentials = [broken];
        });
        using RawClient client = await RawClient.ConnectAsync(listener.LocalEndPoint);
        await client.SendAsync(RawClient.ClientHello());

        CollectingLogger.Entry entry = await _log.NextAsync(7);

        Assert.Equal(LogLevel.Error, entry.Level);
        Assert.Equal("The key is out of reach.", entry.Exception?.InnerException?.Message);
        await client.ReadToEndAsync();
    }

    [Fact]
    public async Task MaximumPendingConnections_MakesTheOldestHandshakeGiveWay()
    {
        await using SecureListener listener = SecurePair.Listen(options =>
        {
            options.LoggerFactory = _log;
            options.TimeProvider = _clock;
            options.MaximumPendingConnections = 2;
        });
        using RawClient first = await RawClient.ConnectAsync(listener.LocalEndPoint);
        await UnderWayAsync(1);
        using RawClient second = await RawClient.ConnectAsync(listener.LocalEndPoint);
        await UnderWayAsync(2);

        // No time passes on the listener's clock: who stalls keeps nobody out, and the newer of the two goes on.
        await using SecureStream client = await SecurePair.MakeClient()
            .ConnectAsync(listener.LocalEndPoint, SecurePair.Host, Cancelled).Guarded();
        CollectingLogger.Entry entry = await _log.NextAsync(HandshakeFailed);
        Assert.Equal(
            $"The handshake with {first.LocalEndPoint} failed: HandshakeTimeout: "
            + "The handshake gave way to a newer connection: 2 are pending, the most there may be.",
            entry.Message);
        Assert.Equal([21, 3, 3, 0, 2, 1, 90, 21, 3, 3, 0, 2, 1, 0], await first.ReadToEndAsync());
        await client.FlushAsync(Cancelled);
        await using SecureStream server = await listener.AcceptAsync(Cancelled).Guarded();
        await Exchange.RoundTripAsync(client, server);

        await second.SendAsync(Encoding.ASCII.GetBytes("GET / HTTP/1.1\r\n"));
        Assert.Contains($"{second.LocalEndPoint} failed: NotTls", (await _log.NextAsync(HandshakeFailed)).Message, StringComparison.Ordinal);

        // Two loops accept: without this the second could overtake the first.
        async Task UnderWayAsync(int count)
        {
            while (listener.HandshakesUnderWay < count)
                await Task.Yield();
        }
    }

    [Fact]
    public async Task ConnectionsThatAreNotAccepted_CountAsPending()
    {
        await using SecureListener listener = SecurePair.Listen(options =>
        {
            options.LoggerFactory = _log;
            options.MaximumPendingConnections = 1;
        });
        await using SecureStream first = await ConnectAsync(listener);
        await _log.NextAsync(Accepted);
        Task<SecureStream> second = ConnectAsync(listener);
        Assert.False(second.IsCompleted);

        await using SecureStream firstServer = await listener.AcceptAsync(Cancelled).Guarded();
        await using SecureStream secondClient = await second.Guarded();
        await using SecureStream secondServer = await listener.AcceptAsync(Cancelled).Guarded();

        await Exchange.RoundTripAsync(first, firstServer);
        await Exchange.RoundTripAsync(secondClient, secondServer);
    }

    [Fact]
    public async Task DisposeAsync_EndsWhateverConnectionsAreIn()
    {
        SecureListener listener = Listen();
        using RawClient silent = await RawClient.ConnectAsync(listener.LocalEndPoint);
        using RawClient halfway = await RawClient.ConnectAsync(listener.LocalEndPoint);
        await halfway.SendAsync(RawClient.ClientHello().AsMemory(0, 77));
        using RawClient unfinished = await RawClient.ConnectAsync(listener.LocalEndPoint);
        await unfinished.SendAsync(RawClient.ClientHello());
        await using SecureStream accepted = await ConnectAsync(listener);
        await using SecureStream acceptedServer = await listener.AcceptAsync(Cancelled).Guarded();
        await using SecureStream ready = await ConnectAsync(listener);
        for (int i = 0; i < 5; i++)
            await _clock.NextTimerAsync();
        await _log.NextAsync(Accepted);
        await _log.NextAsync(Accepted);

        Task<SecureStream> accept = Task.Run(async () =>
        {
            await using SecureStream taken = await listener.AcceptAsync(Cancelled);
            return await listener.AcceptAsync(Cancelled);
        });
        await listener.DisposeAsync().Guarded();
        await listener.DisposeAsync().Guarded();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => accept.Guarded());
        await Assert.ThrowsAsync<ObjectDisposedException>(() => listener.AcceptAsync(Cancelled).Guarded());
        Assert.Equal(0, await ready.ReadAsync(new byte[1], Cancelled).Guarded());
        await silent.ReadToEndAsync();
        await halfway.ReadToEndAsync();
        await unfinished.ReadToEndAsync();
        await Exchange.RoundTripAsync(accepted, acceptedServer); // what was accepted lives on
        await Assert.ThrowsAsync<SocketException>(() => ConnectAsync(listener));
    }

    [Fact]
    public async Task DisposeAsync_ClosesWhatNobodyAccepted()
    {
        SecureListener listener = Listen();
        await using SecureStream ready = await ConnectAsync(listener);
        await _log.NextAsync(Accepted);

        await listener.DisposeAsync().Guarded();

        Assert.Equal(0, await ready.ReadAsync(new byte[1], Cancelled).Guarded());
    }

    [Fact]
    public async Task DisposeAsync_AtAnyMomentOfManyHandshakes_Ends()
    {
        for (int i = 0; i < 40; i++)
        {
            SecureListener listener = Listen();
            Task[] clients = [.. Enumerable.Range(0, 8).Select(_ => Task.Run(
                async () =>
                {
                    try
                    {
                        await using SecureStream stream = await ConnectAsync(listener);
                        Assert.Equal(0, await stream.ReadAsync(new byte[1], Cancelled));
                    }
                    catch (Exception exception) when (exception is IOException or SocketException
                        or System.Security.Authentication.AuthenticationException)
                    {
                        // The listener went away in the middle of it.
                    }
                },
                Cancelled))];
            Thread.SpinWait(i * 20_000);
            await listener.DisposeAsync().Guarded();
            await Task.WhenAll(clients).Guarded();
        }
    }

    [Fact]
    public async Task AcceptAsync_Canceled_LosesNoConnection()
    {
        await using SecureListener listener = Listen();
        using var cancellation = new CancellationTokenSource();
        Task<SecureStream> accept = listener.AcceptAsync(cancellation.Token).AsTask();
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => accept.Guarded());

        await AssertServesAsync(listener);
    }

    [Fact]
    public async Task ManyClientsAtTheSameTime_AllSucceed()
    {
        const int Clients = 200;
        await using SecureListener listener = SecurePair.Listen();
        Task serving = Task.WhenAll(Enumerable.Range(0, Clients).Select(_ => EchoAsync(listener)));
        SecureClient secureClient = SecurePair.MakeClient();

        await Task.WhenAll(Enumerable.Range(0, Clients).Select(i => Task.Run(
            async () =>
            {
                await using SecureStream stream = await secureClient.ConnectAsync(listener.LocalEndPoint, SecurePair.Host, Cancelled);
                byte[] data = Exchange.Bytes(5000, seed: i);
                await stream.WriteAsync(data, Cancelled);
                Assert.Equal(data, await Exchange.ReadAsync(stream, data.Length));
            },
            Cancelled))).Guarded();
        await serving.Guarded();

        static async Task EchoAsync(SecureListener listener)
        {
            await using SecureStream stream = await listener.AcceptAsync(Cancelled);
            await stream.WriteAsync(await Exchange.ReadAsync(stream, 5000), Cancelled);
            Assert.Equal(0, await stream.ReadAsync(new byte[1], Cancelled));
        }
    }

    [Fact]
    public async Task FastOpenThatTheSystemDoesNotAllow_IsLoggedAndServedWithout()
    {
        PrivateNetwork.Sysctl(1);
        try
        {
            await using SecureListener listener = Listen();

            CollectingLogger.Entry entry = await _log.NextAsync(FastOpenInactive);
            Assert.Equal(LogLevel.Warning, entry.Level);
            Assert.Contains(listener.LocalEndPoint.ToString(), entry.Message, StringComparison.Ordinal);
            Assert.NotNull(listener.FastOpenLimitation);
            await AssertServesAsync(listener);
        }
        finally
        {
            PrivateNetwork.Sysctl(3);
        }
    }

    private static async Task<SecureStream> ConnectAsync(SecureListener listener)
    {
        SecureStream stream = await SecurePair.MakeClient().ConnectAsync(listener.LocalEndPoint, SecurePair.Host, Cancelled).Guarded();
        await stream.FlushAsync(Cancelled);
        return stream;
    }

    private static async Task AssertServesAsync(SecureListener listener)
    {
        await using SecureStream client = await ConnectAsync(listener);
        await using SecureStream server = await listener.AcceptAsync(Cancelled).Guarded();
        await Exchange.RoundTripAsync(client, server);
    }

    private SecureListener Listen() => SecurePair.Listen(options =>
    {
        options.LoggerFactory = _log;
        options.TimeProvider = _clock;
    });
}
