using System.Net.Sockets;

using SynHello.Wire;

namespace SynHello.Tests;

public sealed class SecureStreamDisposalTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Dispose_WhileReadWaits_EndsBoth()
    {
        await using SecurePair pair = await SecurePair.ConnectAsync().Guarded();
        Task<int> read = pair.Client.ReadAsync(new byte[100]).AsTask();

        await Task.Run(pair.Client.Dispose).Guarded();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => read.Guarded());
        Assert.Equal(0, await pair.Server.ReadAsync(new byte[1]).Guarded());
    }

    [Fact]
    public async Task Dispose_AfterReadWasCanceled_Ends()
    {
        await using SecurePair pair = await SecurePair.ConnectAsync().Guarded();
        using var cancellation = new CancellationTokenSource();
        Task<int> read = pair.Client.ReadAsync(new byte[100], cancellation.Token).AsTask();
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => read.Guarded());

        await Task.Run(pair.Client.Dispose).Guarded();

        Assert.Equal(0, await pair.Server.ReadAsync(new byte[1]).Guarded());
    }

    [Fact]
    public async Task Dispose_WhileWriteWaits_EndsBoth()
    {
        await using SecurePair pair = await SecurePair.ConnectAsync().Guarded();
        Task write = pair.Client.WriteAsync(new byte[50_000_000], Cancelled).AsTask();
        Task waiting = pair.Client.WriteAsync(new byte[10], Cancelled).AsTask();
        Task shutdown = pair.Client.ShutdownAsync(Cancelled);
        Assert.False(write.IsCompleted);

        await Task.Run(pair.Client.Dispose, Cancelled).Guarded();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => write.Guarded());
        await Assert.ThrowsAsync<ObjectDisposedException>(() => waiting.Guarded());
        await Assert.ThrowsAsync<ObjectDisposedException>(() => shutdown.Guarded());
    }

    [Fact]
    public async Task EachCallAfterDispose_SaysSo()
    {
        await using SecurePair pair = await SecurePair.ConnectAsync().Guarded();
        pair.Client.Dispose();
        pair.Client.Dispose();
        await pair.Client.DisposeAsync();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => pair.Client.ReadAsync(new byte[1], Cancelled).Guarded());
        await Assert.ThrowsAsync<ObjectDisposedException>(() => pair.Client.WriteAsync(new byte[1], Cancelled).Guarded());
        await Assert.ThrowsAsync<ObjectDisposedException>(() => pair.Client.FlushAsync(Cancelled).Guarded());
        await Assert.ThrowsAsync<ObjectDisposedException>(() => pair.Client.ShutdownAsync(Cancelled).Guarded());
        await Assert.ThrowsAsync<ObjectDisposedException>(() => pair.Client.UpdateKeyAsync(false, Cancelled).Guarded());
        Assert.Throws<ObjectDisposedException>(() => pair.Client.ExportKeyingMaterial("label", [], new byte[8]));
    }

    [Fact]
    public async Task Dispose_BehindData_LosesNoneOfItAndIsNoTruncation()
    {
        for (int i = 0; i < 50; i++)
        {
            await using SecurePair pair = await SecurePair.ConnectAsync().Guarded();
            byte[] data = Exchange.Bytes(20_000, seed: i);
            await pair.Server.WriteAsync(new byte[3000], Cancelled).Guarded(); // never read: it must not turn the end into a reset
            await pair.Client.WriteAsync(data, Cancelled).Guarded();
            await pair.Client.DisposeAsync();

            Assert.Equal(data, await Exchange.ReadAsync(pair.Server, data.Length));
            Assert.Equal(0, await pair.Server.ReadAsync(new byte[1], Cancelled).Guarded());
        }
    }

    [Fact]
    public async Task Dispose_OverUnreadData_IsNoReset()
    {
        (SecureStream client, SslPeer server) = await SslPeer.ServeAsync();
        using SslPeer owned = server;
        await server.Stream.WriteAsync(new byte[40_000], Cancelled);
        await client.DisposeAsync();

        Assert.Equal(0, await server.Stream.ReadAsync(new byte[1], Cancelled).Guarded()); // close_notify
        Assert.Equal(0, await server.Socket.ReceiveAsync(new byte[1], SocketFlags.None, Cancelled).Guarded()); // FIN
    }

    [Fact]
    public async Task Dispose_BehindDataWhileReadWaits_LosesNoneOfIt()
    {
        for (int i = 0; i < 20; i++)
        {
            await using SecurePair pair = await SecurePair.ConnectAsync().Guarded();
            byte[] data = Exchange.Bytes(100_000, seed: i);
            Task<int> read = pair.Client.ReadAsync(new byte[1], Cancelled).AsTask();
            await pair.Client.WriteAsync(data, Cancelled).Guarded();
            await pair.Client.DisposeAsync();

            Assert.Equal(data, await Exchange.ReadAsync(pair.Server, data.Length));
            Assert.Equal(0, await pair.Server.ReadAsync(new byte[1], Cancelled).Guarded());
            await Assert.ThrowsAsync<ObjectDisposedException>(() => read.Guarded());
        }
    }

    [Fact]
    public async Task Dispose_WhileReadsAndWritesGoOn_CorruptsNobodysBuffers()
    {
        const int Connections = 300;
        using var ledger = new PoolLedger();
        await using SecureListener listener = SecurePair.Listen();
        SecureClient secureClient = SecurePair.MakeClient();

        // A connection beside the others rents from the same pool: an array that was given back twice would be shared with it.
        await using SecurePair witness = await SecurePair.ConnectAsync().Guarded();
        using var stop = new CancellationTokenSource();
        Task watching = Task.Run(() => WatchAsync(witness, stop.Token), Cancelled);
        for (int i = 0; i < Connections; i++)
        {
            SecureStream client = await secureClient.ConnectAsync(listener.LocalEndPoint, SecurePair.Host, Cancelled).Guarded();
            await client.FlushAsync(Cancelled);
            SecureStream server = await listener.AcceptAsync(Cancelled).Guarded();
            using var started = new CountdownEvent(4);
            Task[] users =
            [
                Task.Run(() => UseAsync(client, () => WriteBlockAsync(client), started), Cancelled),
                Task.Run(() => UseAsync(server, () => WriteBlockAsync(server), started), Cancelled),
                Task.Run(() => UseAsync(client, () => ReadBytesAsync(client), started), Cancelled),
                Task.Run(() => UseAsync(server, () => ReadBytesAsync(server), started), Cancelled),
            ];
            await Task.Run(started.Wait, Cancelled).Guarded();
            Thread.SpinWait(i * 37 % 5000);
            await Task.WhenAll(Task.Run(client.Dispose, Cancelled), Task.Run(server.Dispose, Cancelled)).Guarded();
            await Task.WhenAll(users).Guarded();
        }

        await stop.CancelAsync();
        await watching.Guarded();
        Assert.NotEqual(0, ledger.Total);
        Assert.Equal(0, ledger.ReturnedTwice);
    }

    [Fact]
    public async Task IdleConnection_HoldsNoBuffer()
    {
        using var ledger = new PoolLedger();
        await using SecurePair pair = await SecurePair.ConnectAsync().Guarded();
        for (int i = 0; i < 3; i++) // first with what the handshake left, then with what data did
        {
            Task<int> clientRead = pair.Client.ReadAsync(new byte[1], Cancelled).AsTask();
            Task<int> serverRead = pair.Server.ReadAsync(new byte[1], Cancelled).AsTask();
            Assert.NotEqual(0, ledger.Total);
            Assert.Equal(0, ledger.Out);

            await pair.Client.WriteAsync(new byte[1], Cancelled).Guarded();
            await pair.Server.WriteAsync(new byte[1], Cancelled).Guarded();
            Assert.Equal(1, await clientRead.Guarded());
            Assert.Equal(1, await serverRead.Guarded());
        }
    }

    [Fact]
    public async Task RentedBytes_TellWhatIsHeld()
    {
        await using SecurePair pair = await SecurePair.ConnectAsync().Guarded();
        Task<int> clientAtRest = pair.Client.ReadAsync(Memory<byte>.Empty, Cancelled).AsTask();
        await pair.Client.WriteAsync(new byte[10_000], Cancelled).Guarded();
        Assert.Equal(0, pair.Client.RentedBytes);
        Assert.Equal(1, await pair.Server.ReadAsync(new byte[1], Cancelled).Guarded());
        Assert.InRange(pair.Server.RentedBytes, 9_999, 100_000); // the rest of the record, opened or not

        await pair.Server.ReadExactlyAsync(new byte[9_999], Cancelled).Guarded();
        Task<int> atRest = pair.Server.ReadAsync(Memory<byte>.Empty, Cancelled).AsTask();
        Assert.Equal(0, pair.Server.RentedBytes);

        Task write = pair.Client.WriteAsync(new byte[50_000_000], Cancelled).AsTask();
        Assert.False(write.IsCompleted); // nobody reads
        Assert.InRange(pair.Client.RentedBytes, 16_384, 1 << 20);
        await pair.Client.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => write.Guarded());
        await Assert.ThrowsAsync<ObjectDisposedException>(() => clientAtRest.Guarded());
        Assert.Equal(0, pair.Client.RentedBytes);
        await atRest.Guarded();
    }

    [Fact]
    public async Task Dispose_GivesEachBufferBackOnce()
    {
        using var ledger = new PoolLedger();
        await using (SecurePair pair = await SecurePair.ConnectAsync().Guarded())
        {
            await pair.Server.WriteAsync(new byte[100_000], Cancelled).Guarded();
            Assert.NotEqual(0, await pair.Client.ReadAsync(new byte[1], Cancelled).Guarded()); // the rest of a record is left over
            Task write = pair.Client.WriteAsync(new byte[50_000_000], Cancelled).AsTask(); // and data that cannot leave
            await Task.Run(pair.Client.Dispose, Cancelled).Guarded();
            await Assert.ThrowsAsync<ObjectDisposedException>(() => write.Guarded());
        }

        Assert.NotEqual(0, ledger.Total);
        Assert.Equal(0, ledger.Out);
        Assert.Equal(0, ledger.ReturnedTwice);
    }

    /// <summary>Data both ways, over and over, byte by byte as it was sent.</summary>
    private static async Task WatchAsync(SecurePair pair, CancellationToken stop)
    {
        for (int seed = 0; !stop.IsCancellationRequested; seed++)
        {
            byte[] data = Exchange.Bytes(100_000, seed);
            Task up = pair.Client.WriteAsync(data, Cancelled).AsTask();
            Assert.Equal(data, await Exchange.ReadAsync(pair.Server, data.Length));
            await up.Guarded();
            Task down = pair.Server.WriteAsync(data, Cancelled).AsTask();
            Assert.Equal(data, await Exchange.ReadAsync(pair.Client, data.Length));
            await down.Guarded();
        }
    }

    /// <summary>Goes on until the stream is disposed of, or the peer is; nothing but that may end it.</summary>
    private static async Task UseAsync(SecureStream stream, Func<Task> use, CountdownEvent started)
    {
        started.Signal();
        try
        {
            while (stream.CanRead)
            {
                await use();

                // At the end of the peer's data reads complete at once: they must not keep the pool's few threads from
                // whoever is to dispose of the stream.
                await Task.Yield();
            }
        }
        catch (Exception exception) when (exception is ObjectDisposedException or IOException { InnerException: SocketException })
        {
            // This end is disposed of, or the other one.
        }
        catch (IOException exception) when (exception.InnerException is TlsProtocolException { Cause: TlsErrorCause.TruncatedByPeer }
            || exception.Message.StartsWith("An earlier write", StringComparison.Ordinal))
        {
            // The other end was disposed of with its socket full.
        }
    }

    private static async Task WriteBlockAsync(SecureStream stream) => await stream.WriteAsync(new byte[20_000], Cancelled);

    /// <summary>Small reads of a large record: most end at once, so that disposal hits the end of one often.</summary>
    private static async Task ReadBytesAsync(SecureStream stream)
    {
        byte[] buffer = new byte[1];
        for (int i = 0; i < 20_000; i++)
        {
            if (await stream.ReadAsync(buffer, Cancelled) == 0)
                throw new IOException("The end.", new SocketException());
        }
    }
}
