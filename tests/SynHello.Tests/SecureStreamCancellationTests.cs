using SynHello.Testing;

namespace SynHello.Tests;

public sealed class SecureStreamCancellationTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task CanceledRead_LeavesTheStreamUsable()
    {
        await using SecurePair pair = await SecurePair.ConnectAsync().Guarded();
        for (int i = 0; i < 20; i++)
        {
            using var cancellation = new CancellationTokenSource();
            Task<int> read = pair.Server.ReadAsync(new byte[10], cancellation.Token).AsTask();
            await cancellation.CancelAsync();
            var canceled = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => read.Guarded());
            Assert.Equal(cancellation.Token, canceled.CancellationToken);
            await Exchange.RoundTripAsync(pair.Client, pair.Server);
        }
    }

    [Fact]
    public async Task FirstReadOfAClient_CanceledBefore_LeavesTheStreamUsable()
    {
        await using SecureListener listener = SecurePair.Listen();
        await using SecureStream client = await SecurePair.MakeClient(options => options.TimeProvider = new StoppedTimers())
            .ConnectAsync(listener.LocalEndPoint, SecurePair.Host, Cancelled).Guarded();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => client.ReadAsync(new byte[1], new CancellationToken(canceled: true)).Guarded());

        await using SecureStream server = await listener.AcceptAsync(Cancelled).Guarded();
        await Exchange.RoundTripAsync(client, server);
    }

    [Fact]
    public async Task ReadCanceledWhileDataComes_LosesNothing()
    {
        await using SecurePair pair = await SecurePair.ConnectAsync().Guarded();
        byte[] data = Exchange.Bytes(3_000_000);
        Task write = pair.Client.WriteAsync(data, Cancelled).AsTask();

        byte[] received = new byte[data.Length];
        for (int read = 0; read < received.Length;)
        {
            using var cancellation = new CancellationTokenSource();
            Task<int> reading = pair.Server.ReadAsync(received.AsMemory(read), cancellation.Token).AsTask();
            await cancellation.CancelAsync();
            try
            {
                read += await reading.Guarded();
            }
            catch (OperationCanceledException)
            {
                // Tried again.
            }
        }

        await write.Guarded();
        Assert.Equal(data, received);
    }

    [Fact]
    public async Task CanceledWrite_EndsTheWaitAndLaterWritesAreRefused()
    {
        await using SecurePair pair = await SecurePair.ConnectAsync().Guarded();
        using var cancellation = new CancellationTokenSource();
        Task write = pair.Client.WriteAsync(new byte[50_000_000], cancellation.Token).AsTask();
        Assert.False(write.IsCompleted); // nobody reads, and no socket holds that much
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => write.Guarded());

        await Assert.ThrowsAsync<IOException>(() => pair.Client.WriteAsync(new byte[1], Cancelled).Guarded());
        await Assert.ThrowsAsync<IOException>(() => pair.Client.ShutdownAsync(Cancelled).Guarded());

        // The other direction is as it was.
        await pair.Server.WriteAsync(new byte[] { 5 }, Cancelled).Guarded();
        Assert.Equal([5], await Exchange.ReadAsync(pair.Client, 1));
        await Task.Run(pair.Client.Dispose, Cancelled).Guarded();
    }

    [Fact]
    public async Task WriteCanceledWhileItWaitsForAnother_LeavesTheStreamUsable()
    {
        await using SecurePair pair = await SecurePair.ConnectAsync().Guarded();
        byte[] data = Exchange.Bytes(20_000_000);
        Task first = pair.Client.WriteAsync(data, Cancelled).AsTask();
        Assert.False(first.IsCompleted);
        using var cancellation = new CancellationTokenSource();
        Task second = pair.Client.WriteAsync(new byte[10], cancellation.Token).AsTask();
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second.Guarded());

        Assert.Equal(data, await Exchange.ReadAsync(pair.Server, data.Length));
        await first.Guarded();
        await Exchange.RoundTripAsync(pair.Client, pair.Server);
    }

    [Fact]
    public async Task ReadTimeout_EndsASynchronousReadAndLeavesTheStreamUsable()
    {
        var clock = new ObservedClock(new FakeTimeProvider());
        await using SecurePair pair = await SecurePair.ConnectAsync(configureListener: options => options.TimeProvider = clock).Guarded();
        Assert.True(pair.Server.CanTimeout);
        Assert.Equal(Timeout.Infinite, pair.Server.ReadTimeout);
        Assert.Throws<ArgumentOutOfRangeException>(() => pair.Server.ReadTimeout = 0);
        pair.Server.ReadTimeout = 1500;
        clock.Forget();

        Task<int> read = Task.Run(() => pair.Server.Read(new byte[1], 0, 1), Cancelled);
        Assert.Equal(TimeSpan.FromSeconds(1.5), await clock.NextTimerAsync());
        clock.Advance(TimeSpan.FromSeconds(1.5));

        var failure = await Assert.ThrowsAsync<IOException>(() => read.Guarded());
        Assert.IsType<TimeoutException>(failure.InnerException);
        await Exchange.RoundTripAsync(pair.Client, pair.Server);
    }

    [Fact]
    public async Task WriteTimeout_EndsASynchronousWrite()
    {
        var clock = new ObservedClock(new FakeTimeProvider());
        await using SecurePair pair = await SecurePair.ConnectAsync(configureListener: options => options.TimeProvider = clock).Guarded();
        pair.Server.WriteTimeout = 1500;
        clock.Forget();

        Task write = Task.Run(() => pair.Server.Write(new byte[50_000_000], 0, 50_000_000), Cancelled);
        Assert.Equal(TimeSpan.FromSeconds(1.5), await clock.NextTimerAsync());
        clock.Advance(TimeSpan.FromSeconds(1.5));

        var failure = await Assert.ThrowsAsync<IOException>(() => write.Guarded());
        Assert.IsType<TimeoutException>(failure.InnerException);
    }
}
