using System.Net;
using System.Net.Sockets;

using Microsoft.Extensions.Logging;

using SynHello.Sockets;
using SynHello.Sockets.Tests;
using SynHello.Testing;

namespace SynHello.Tests;

/// <summary>What a client tells of Fast Open that gave way to a plain connection.</summary>
public sealed class FastOpenFallbackTests : IDisposable
{
    private const int Unanswered = 46, Killed = 47;
    private const string Fallbacks = "synhello.client.fast_open.fallbacks";

    private readonly FakeTimeProvider _timers = new();
    private readonly CollectingLogger _log = new();
    private readonly RecordedMetrics _metrics = new();
    private readonly FastOpenPaths _paths;

    public FastOpenFallbackTests() => _paths = new FastOpenPaths(timeProvider: _timers);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _log.Dispose();
        _metrics.Dispose();
    }

    [Fact]
    public async Task SynThatIsNotAnswered_IsToldOnce()
    {
        await using SecureListener listener = SecurePair.Listen(options => options.FastOpen = FastOpenMode.Cookieless);
        using PacketFilter filter = PacketFilter.LoseSynData(listener.LocalEndPoint.Port);
        Task<SecureStream> connecting = MakeClient()
            .ConnectAsync(listener.LocalEndPoint, SecurePair.Host, Cancelled).AsTask();
        _timers.Advance(TimeSpan.FromMilliseconds(250));
        await using SecureStream stream = await connecting.Guarded();

        Assert.Equal((FastOpenOutcome.Fallback, null), (stream.Report.FastOpen, stream.Report.SynRoom));
        Assert.Equal((2, 0), (stream.Report.RoundTripsUntilRequest, stream.Report.SynOverflowBytes));
        CollectingLogger.Entry entry = await _log.NextAsync(Unanswered, Killed);
        Assert.Equal((Unanswered, LogLevel.Information), (entry.Id, entry.Level));
        Assert.StartsWith(
            $"Fast Open to {listener.LocalEndPoint} gave way to a plain connection after 00:00:00.2500000: NotAnswered; left alone until 01/01/2030 00:01:00",
            entry.Message,
            StringComparison.Ordinal);
        Assert.Equal(["synhello.fallback.reason=not_answered"], _metrics.Of(Fallbacks).Select(told => told.Tags));

        // Another client that shares the memory does not even try, and that is no event.
        await using SecureStream next = await MakeClient()
            .ConnectAsync(listener.LocalEndPoint, SecurePair.Host, Cancelled).Guarded();
        Assert.Equal(FastOpenOutcome.Fallback, next.Report.FastOpen);
        Assert.Single(_metrics.Of(Fallbacks));
        Assert.Single(_log.Entries, told => told.Id is Unanswered or Killed);
    }

    [Fact]
    public async Task ConnectionThatIsReset_IsToldOnce()
    {
        using Socket listener = SslPeer.Listen();
        Task connecting = MakeClient().ConnectAsync(listener.LocalEndPoint!, SecurePair.Host, Cancelled).AsTask();
        for (int i = 0; i < 2; i++)
        {
            Socket accepted = await listener.AcceptAsync().Guarded();
            accepted.LingerState = new LingerOption(enable: true, seconds: 0);
            accepted.Dispose();
        }

        await Assert.ThrowsAsync<SocketException>(() => connecting.Guarded());
        CollectingLogger.Entry entry = await _log.NextAsync(Unanswered, Killed);
        Assert.Equal(Killed, entry.Id);
        Assert.Contains(": Reset; left alone until ", entry.Message, StringComparison.Ordinal);
        Assert.Equal(["synhello.fallback.reason=reset"], _metrics.Of(Fallbacks).Select(told => told.Tags));
        Assert.True(_paths.TryGet(AddressOf(listener), IPAddress.Loopback, out FastOpenPath path));
        Assert.Equal(FastOpenPathState.Blackholed, path.State);
    }

    [Theory]
    [InlineData(3, 1)]
    [InlineData(9, 3)]
    [InlineData(60, 3)]
    [InlineData(null, 3)]
    public async Task Silence_IsSuspectedAfterAThirdOfTheTimeout_ThreeSecondsAtMost(int? timeoutSeconds, int expectedSeconds)
    {
        using Socket listener = SslPeer.Listen();
        var clock = new ObservedClock(_timers);
        using var cancellation = new CancellationTokenSource();
        TimeSpan timeout = timeoutSeconds is { } seconds ? TimeSpan.FromSeconds(seconds) : Timeout.InfiniteTimeSpan;
        Task connecting = MakeClient(options => (options.TimeProvider, options.HandshakeTimeout) = (clock, timeout))
            .ConnectAsync(listener.LocalEndPoint!, SecurePair.Host, cancellation.Token).AsTask();
        using Socket silent = await listener.AcceptAsync().Guarded();
        TimeSpan patience = TimeSpan.FromSeconds(expectedSeconds);
        while (await clock.NextTimerAsync() != patience)
        {
            // That of the handshake, and that of the race.
        }

        clock.Advance(patience);
        using Socket again = await listener.AcceptAsync().Guarded();
        Assert.Equal(["synhello.fallback.reason=silent"], _metrics.Of(Fallbacks).Select(told => told.Tags));
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => connecting.Guarded());
    }

    [Fact]
    public async Task RefusedConnection_IsNoFallback()
    {
        IPEndPoint nobody;
        using (Socket listener = SslPeer.Listen())
            nobody = (IPEndPoint)listener.LocalEndPoint!;
        await Assert.ThrowsAsync<SocketException>(
            () => MakeClient().ConnectAsync(nobody, SecurePair.Host, Cancelled).Guarded());
        Assert.Empty(_metrics.Of(Fallbacks));
        Assert.Equal(0, _paths.Count);
    }

    private static IPAddress AddressOf(Socket listener) => ((IPEndPoint)listener.LocalEndPoint!).Address;

    private SecureClient MakeClient(Action<SecureClientOptions>? configure = null) => SecurePair.MakeClient(options =>
    {
        options.FastOpen = FastOpenMode.Cookieless;
        options.FastOpenPaths = _paths;
        options.TimeProvider = _timers;
        options.LoggerFactory = _log;
        options.MeterFactory = _metrics;
        options.RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate is not null; // the clock's year is not the certificate's
        configure?.Invoke(options);
    });
}
