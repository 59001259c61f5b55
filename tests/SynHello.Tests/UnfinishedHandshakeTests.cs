using System.Net.Sockets;

using SynHello.Testing;
using SynHello.Wire;

using static SynHello.Tests.EarlyVisits;

namespace SynHello.Tests;

/// <summary>How streams end, or go on, that were handed out before the handshake was complete.</summary>
public sealed class UnfinishedHandshakeTests : IDisposable
{
    private const int HandshakeFailed = 4;

    private readonly CollectingLogger _log = new();
    private readonly ObservedClock _clock;
    private readonly FakeTimeProvider _fake = new();

    public UnfinishedHandshakeTests() => _clock = new ObservedClock(_fake);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public void Dispose() => _log.Dispose();

    [Fact]
    public async Task ClientThatStallsBehindItsEarlyData_IsEndedWhenTheHandshakesTimeIsUp()
    {
        await using SecureListener listener = Listen(options => options.TimeProvider = _clock);
        using EngineClient client = await ReturnAsync(listener, _clock);
        await using SecureStream server = await listener.AcceptAsync(Cancelled).Guarded();
        Assert.Equal(Request, await ReadEarlyAsync(server, Request.Length));
        Task<int> reading = server.ReadAsync(new byte[1], Cancelled).AsTask();
        _clock.Advance(TimeSpan.FromSeconds(9.999));
        Assert.False(reading.IsCompleted);
        Assert.False(server.HandshakeCompleted.IsCompleted);

        _clock.Advance(TimeSpan.FromSeconds(0.001));

        TimeoutException timeout = await Assert.ThrowsAsync<TimeoutException>(() => server.HandshakeCompleted.Guarded());
        Assert.Equal("The handshake took longer than 10 s.", timeout.Message);
        IOException failure = await Assert.ThrowsAsync<IOException>(() => reading.Guarded());
        Assert.Equal(TlsErrorCause.HandshakeTimeout, Assert.IsType<TlsProtocolException>(failure.InnerException).Cause);
        await Assert.ThrowsAsync<IOException>(() => server.WriteAsync(new byte[1], Cancelled).Guarded());
        Assert.Contains("HandshakeTimeout", (await _log.NextAsync(HandshakeFailed)).Message, StringComparison.Ordinal);
        await client.ReceiveEndAsync();
        Assert.Equal(0, _fake.ActiveTimers);
    }

    [Fact]
    public async Task ClientThatStalls_IsEndedAlsoWhileNobodyReadsAndAWriteWaits()
    {
        await using SecureListener listener = Listen(options => options.TimeProvider = _clock);
        using EngineClient client = await ReturnAsync(listener, _clock);
        await using SecureStream server = await listener.AcceptAsync(Cancelled).Guarded();
        Task write = server.WriteAsync(new byte[50_000_000], Cancelled).AsTask();
        Assert.False(write.IsCompleted);

        _clock.Advance(TimeSpan.FromSeconds(10));

        await Assert.ThrowsAsync<TimeoutException>(() => server.HandshakeCompleted.Guarded());
        await Assert.ThrowsAsync<IOException>(() => write.Guarded());
        await Assert.ThrowsAsync<IOException>(() => server.ReadAsync(new byte[1], Cancelled).Guarded());
    }

    [Fact]
    public async Task ClientThatHasFinished_IsNotEndedBecauseNobodyHasRead()
    {
        await using SecureListener listener = Listen(options => options.TimeProvider = _clock);
        using EngineClient client = await ReturnAsync(listener, _clock);
        await using SecureStream server = await listener.AcceptAsync(Cancelled).Guarded();
        await client.HandshakeAsync();
        client.Write(Response);
        await client.FlushAsync();
        await client.DeliveredAsync();
        Assert.False(server.IsHandshakeComplete);

        _clock.Advance(TimeSpan.FromSeconds(10));

        await server.HandshakeCompleted.Guarded();
        Assert.True(server.IsHandshakeComplete);
        byte[] read = await Exchange.ReadAsync(server, 1000);
        Assert.Equal([.. Request, .. Response], read);
        Assert.Equal(0, _fake.ActiveTimers);
    }

    [Fact]
    public async Task CompleteHandshake_StopsItsTimer()
    {
        await using SecureListener listener = Listen(options => options.TimeProvider = _clock);
        using EngineClient client = await ReturnAsync(listener, _clock);
        await using SecureStream server = await listener.AcceptAsync(Cancelled).Guarded();
        Assert.Equal(1, _fake.ActiveTimers);
        await client.HandshakeAsync();
        await server.CompleteHandshakeAsync(Cancelled).Guarded();

        Assert.Equal(0, _fake.ActiveTimers);
        _clock.Advance(TimeSpan.FromDays(1));
        Assert.Equal(Request, await Exchange.ReadAsync(server, Request.Length));
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public async Task DisposalBeforeTheHandshakeIsComplete_CancelsIt(bool aborts, bool whileReading)
    {
        await using SecureListener listener = Listen(options => options.TimeProvider = _clock);
        using EngineClient client = await ReturnAsync(listener, _clock);
        SecureStream server = await listener.AcceptAsync(Cancelled).Guarded();
        Task completion = server.HandshakeCompleted;
        Task<int> reading = whileReading
            ? server.ReadAsync(new byte[1], Cancelled).AsTask()
            : Task.FromException<int>(new ObjectDisposedException(null));

        if (aborts)
            server.Abort();
        else
            await server.DisposeAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => completion.Guarded());
        await Assert.ThrowsAsync<ObjectDisposedException>(() => reading.Guarded());
        Assert.Equal(0, _fake.ActiveTimers);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => server.CompleteHandshakeAsync(Cancelled).Guarded());
        await Assert.ThrowsAsync<ObjectDisposedException>(() => server.ReadEarlyDataAsync(new byte[1], Cancelled).Guarded());
        Assert.False(server.IsHandshakeComplete);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task BreakBeforeTheHandshakeIsComplete_FailsIt(bool resets)
    {
        await using SecureListener listener = Listen();
        EngineClient client = await ReturnAsync(listener);
        await using SecureStream server = await listener.AcceptAsync(Cancelled).Guarded();
        Assert.Equal(Request, await ReadEarlyAsync(server, Request.Length));
        await client.ReceiveServerFlightAsync(); // over unread bytes, every end is a reset
        if (resets)
            client.Reset();
        else
            client.Dispose();

        IOException failure = await Assert.ThrowsAsync<IOException>(() => server.ReadEarlyDataAsync(new byte[1], Cancelled).Guarded());

        Assert.Same(failure, await Assert.ThrowsAsync<IOException>(() => server.HandshakeCompleted.Guarded()));
        if (resets)
            Assert.IsType<SocketException>(failure.InnerException);
        else
            Assert.Equal(TlsErrorCause.TruncatedByPeer, Assert.IsType<TlsProtocolException>(failure.InnerException).Cause);
    }

    [Fact]
    public async Task CanceledWaits_LeaveTheStreamUsable()
    {
        await using SecureListener listener = Listen();
        using EngineClient client = await ReturnAsync(listener);
        await using SecureStream server = await listener.AcceptAsync(Cancelled).Guarded();
        foreach (Func<CancellationToken, ValueTask> wait in (Func<CancellationToken, ValueTask>[])[
            server.CompleteHandshakeAsync, async token => await server.ReadExactlyAsync(new byte[1], token)])
        {
            using var cancellation = new CancellationTokenSource();
            Task waiting = wait(cancellation.Token).AsTask();
            await Assert.ThrowsAsync<NotSupportedException>(() => server.ReadEarlyDataAsync(new byte[1], Cancelled).Guarded());
            await cancellation.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting.Guarded());
            Assert.False(server.HandshakeCompleted.IsCompleted);
        }

        await client.HandshakeAsync();
        Assert.Equal(Request, await Exchange.ReadAsync(server, Request.Length));
    }

    [Fact]
    public async Task ListenerDisposed_LeavesEarlyStreamsThatWereAccepted()
    {
        SecureListener listener = Listen();
        using EngineClient client = await ReturnAsync(listener);
        await using SecureStream server = await listener.AcceptAsync(Cancelled).Guarded();
        using EngineClient other = await ReturnAsync(listener); // not accepted
        await listener.DisposeAsync().Guarded();

        await client.HandshakeAsync();
        Assert.Equal(Request, await Exchange.ReadAsync(server, Request.Length));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => listener.AcceptAsync(Cancelled).Guarded());
    }

    [Fact]
    public async Task EarlyConnections_HoldNoBufferAfterwards()
    {
        using var ledger = new PoolLedger();
        await using (SecureListener listener = Listen())
        {
            using EngineClient client = await ReturnAsync(listener);
            await using SecureStream server = await listener.AcceptAsync(Cancelled).Guarded();
            await ReadEarlyAsync(server, 10);
            Task<int> read = server.ReadAsync(new byte[1], Cancelled).AsTask();
            await server.DisposeAsync();
            await Assert.ThrowsAsync<ObjectDisposedException>(() => read.Guarded());
        }

        Assert.NotEqual(0, ledger.Total);
        Assert.Equal(0, ledger.ReturnedTwice);
        Assert.Equal(0, ledger.Out);
    }

    private SecureListener Listen(Action<SecureListenerOptions>? configure = null) =>
        EarlyVisits.Listen(configure, _log);
}
