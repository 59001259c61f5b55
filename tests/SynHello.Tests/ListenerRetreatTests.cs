using System.Net.Sockets;

using Microsoft.Extensions.Logging;

using SynHello.Sockets;
using SynHello.Sockets.Tests;
using SynHello.Testing;

namespace SynHello.Tests;

/// <summary>What a listener tells of the retreat under load. A filter loses the acknowledgments of those who cause it.</summary>
public sealed class ListenerRetreatTests : IDisposable
{
    private const int HandshakeBroke = 5, QueueLimited = 60, SteppedDown = 61, SteppedUp = 62;
    private const string Unproven = "synhello.server.unproven_connections";
    private const string Level = "synhello.server.fast_open.level";
    private const string Steps = "synhello.server.fast_open.steps";

    private readonly CollectingLogger _log = new();
    private readonly RecordedMetrics _metrics = new();
    private readonly FakeTimeProvider _clock = new();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _metrics.Dispose();
        _log.Dispose();
    }

    [Fact]
    public async Task Steps_AreToldInLogAndMetrics()
    {
        await using SecureListener listener = Listen(options => options.FastOpenQueueLength = 4);
        string tags = $"server.address={listener.LocalEndPoint.Address} server.port={listener.LocalEndPoint.Port}";
        var clients = new DialedSocket[3];
        using (PacketFilter.LoseAcknowledgments(listener.LocalEndPoint.Port))
        {
            for (int i = 0; i < clients.Length; i++)
            {
                Assert.Equal((2, i), await ObserveAsync(tags, i));
                clients[i] = await DialAsync(listener);
            }

            CollectingLogger.Entry down = await _log.NextAsync(SteppedDown);
            Assert.Equal(LogLevel.Warning, down.Level);
            Assert.Equal(
                $"Fast Open on {listener.LocalEndPoint} steps down to Cookie from Cookieless: UnprovenConnections; "
                + "3 connections are unproven, or ended so just now; 4 may be",
                down.Message);
            Assert.Equal((1, 3), await ObserveAsync(tags, 3));
            Assert.Equal(FastOpenMode.Cookie, listener.CurrentFastOpen);
        }

        await ResetAsync(clients);
        _clock.Advance(TimeSpan.FromSeconds(11.5)); // those that ended so count for three seconds
        CollectingLogger.Entry up = await _log.NextAsync(SteppedUp);
        Assert.Equal(LogLevel.Information, up.Level);
        Assert.Equal(
            $"Fast Open on {listener.LocalEndPoint} steps up to Cookieless from Cookie: the pressure has passed", up.Message);
        Assert.Equal((2, 0), await ObserveAsync(tags, 0));
        SecureClient visitor = SecurePair.MakeClient(options => options.FastOpen = FastOpenMode.Cookieless);
        Assert.Equal(FastOpenOutcome.Cookieless, (await VisitAsync(listener, visitor)).FastOpen);
        Assert.Equal(
            [
                "synhello.direction=down synhello.fast_open=cookie synhello.reason=unproven_connections",
                "synhello.direction=up synhello.fast_open=cookieless synhello.reason=calm",
            ],
            _metrics.Of(Steps).Select(step => step.Tags));

        await listener.DisposeAsync();
        int told = _metrics.Of(Level).Length;
        _metrics.Observe();
        Assert.Equal(told, _metrics.Of(Level).Length);
    }

    [Fact]
    public async Task VisitorWithACookie_IsTheServersTooAfterAStepDown()
    {
        await using SecureListener listener = Listen(options => options.FastOpenQueueLength = 4);
        var clients = new DialedSocket[3]; // one place is left: who resets keeps his for a minute
        using (PacketFilter.LoseAcknowledgments(listener.LocalEndPoint.Port))
        {
            for (int i = 0; i < clients.Length; i++)
                clients[i] = await DialAsync(listener);
            await _log.NextAsync(SteppedDown);
        }

        await ResetAsync(clients);
        SecureClient visitor = SecurePair.MakeClient(options => options.FastOpen = FastOpenMode.Cookie);
        Assert.Equal(FastOpenOutcome.Off, (await VisitAsync(listener, visitor)).FastOpen);
        int doubted = 0; // at first nobody knows for sure
        while ((await VisitAsync(listener, visitor)).FastOpen is var outcome && outcome != FastOpenOutcome.Cookie)
        {
            Assert.Equal(FastOpenOutcome.Cookieless, outcome);
            Assert.InRange(++doubted, 1, 100);
        }
    }

    [Theory]
    [InlineData(256, 512, 1024, 256)]
    [InlineData(256, 100, 1024, 50)]
    [InlineData(256, 512, 20, 10)]
    [InlineData(256, 512, 1, 1)]
    [InlineData(1000, 4000, 1999, 999)]
    public async Task Queue_LeavesRoomForOthers(int asked, int backlog, int pending, int length)
    {
        await using SecureListener listener = Listen(options =>
        {
            options.FastOpenQueueLength = asked;
            options.Backlog = backlog;
            options.MaximumPendingConnections = pending;
        });
        CollectingLogger.Entry[] told = [.. _log.Entries.Where(entry => entry.Id == QueueLimited)];
        if (length == asked)
        {
            Assert.Empty(told);
            return;
        }

        CollectingLogger.Entry entry = Assert.Single(told);
        Assert.Equal(LogLevel.Warning, entry.Level);
        Assert.Equal(
            $"On {listener.LocalEndPoint} {length} connections may be unproven at a time, and not {asked}: that is half of what may "
            + "wait or be pending",
            entry.Message);
    }

    [Fact]
    public async Task QueueThatIsNotInUse_IsNotWarnedOf()
    {
        await using SecureListener listener = Listen(options =>
        {
            options.FastOpen = FastOpenMode.Off;
            options.MaximumPendingConnections = 1;
        });
        Assert.DoesNotContain(_log.Entries, entry => entry.Id == QueueLimited);
        Assert.Equal(FastOpenMode.Off, listener.CurrentFastOpen);
    }

    private SecureListener Listen(Action<SecureListenerOptions> configure) => SecurePair.Listen(options =>
    {
        options.FastOpen = FastOpenMode.Cookieless;
        options.LoggerFactory = _log;
        options.MeterFactory = _metrics;
        options.TimeProvider = _clock;
        configure(options);
    });

    /// <summary>The level, and the unproven connections once there are so many.</summary>
    private async Task<(int Level, int Unproven)> ObserveAsync(string tags, int unproven)
    {
        // Accepting takes place elsewhere, and is told to nobody.
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        while (true)
        {
            _metrics.Observe();
            RecordedMetrics.Measurement level = _metrics.Of(Level)[^1];
            RecordedMetrics.Measurement count = _metrics.Of(Unproven)[^1];
            Assert.Equal((tags, tags), (level.Tags, count.Tags));
            if ((int)count.Value == unproven)
                return ((int)level.Value, unproven);
            await timer.WaitForNextTickAsync(Cancelled);
        }
    }

    private static ValueTask<DialedSocket> DialAsync(SecureListener listener) => new FastOpenDialer().ConnectAsync(
        listener.LocalEndPoint, FastOpenMode.Cookieless, RawClient.ClientHello(), Cancelled);

    private async Task ResetAsync(DialedSocket[] clients)
    {
        foreach (DialedSocket client in clients)
        {
            client.Socket.LingerState = new LingerOption(true, 0);
            client.Dispose();
        }

        foreach (DialedSocket _ in clients)
            await _log.NextAsync(HandshakeBroke);
    }

    private static async Task<HandshakeReport> VisitAsync(SecureListener listener, SecureClient client)
    {
        await using SecureStream stream = await client.ConnectAsync(listener.LocalEndPoint, SecurePair.Host, Cancelled);
        await stream.FlushAsync(Cancelled);
        await using SecureStream server = await listener.AcceptAsync(Cancelled);
        return server.Report;
    }
}
