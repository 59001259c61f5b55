using System.Net.Sockets;

using SynHello.Wire;

namespace SynHello.Tests;

public sealed class SecureStreamEndTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Shutdown_EndsOneSideAndLeavesTheOtherOpen()
    {
        await using SecurePair pair = await SecurePair.ConnectAsync().Guarded();

        await pair.Client.WriteAsync(new byte[] { 1 }, Cancelled).Guarded();
        await pair.Client.ShutdownAsync(Cancelled).Guarded();
        Assert.Equal([1], await Exchange.ReadAsync(pair.Server, 1));
        Assert.Equal(0, await pair.Server.ReadAsync(new byte[1], Cancelled).Guarded());
        Assert.Equal(0, await pair.Server.ReadAsync(new byte[1], Cancelled).Guarded());

        byte[] data = Exchange.Bytes(1_000_000);
        Task write = pair.Server.WriteAsync(data, Cancelled).AsTask();
        Assert.Equal(data, await Exchange.ReadAsync(pair.Client, data.Length));
        await write.Guarded();
        await pair.Server.ShutdownAsync(Cancelled).Guarded();
        Assert.Equal(0, await pair.Client.ReadAsync(new byte[1], Cancelled).Guarded());
    }

    [Fact]
    public async Task Shutdown_CalledAgain_DoesNothing()
    {
        await using SecurePair pair = await SecurePair.ConnectAsync().Guarded();
        await pair.Client.ShutdownAsync(Cancelled).Guarded();
        await pair.Server.ShutdownAsync(Cancelled).Guarded();
        Assert.Equal(0, await pair.Client.ReadAsync(new byte[1], Cancelled).Guarded());
        Assert.Equal(0, await pair.Server.ReadAsync(new byte[1], Cancelled).Guarded());

        await pair.Client.ShutdownAsync(Cancelled).Guarded();
        await pair.Server.ShutdownAsync(Cancelled).Guarded();
    }

    [Fact]
    public async Task WriteAfterShutdown_IsRefused()
    {
        await using SecurePair pair = await SecurePair.ConnectAsync().Guarded();
        await pair.Client.ShutdownAsync(Cancelled).Guarded();

        await Assert.ThrowsAsync<InvalidOperationException>(() => pair.Client.WriteAsync(new byte[1], Cancelled).Guarded());
        await Assert.ThrowsAsync<InvalidOperationException>(() => pair.Client.UpdateKeyAsync(cancellationToken: Cancelled).Guarded());
    }

    [Fact]
    public async Task EndWithoutCloseNotify_IsNoEndOfDataButAnError()
    {
        (SecureStream client, SslPeer server) = await SslPeer.ServeAsync();
        await using SecureStream ownedClient = client;
        using SslPeer ownedServer = server;
        await server.Stream.WriteAsync(Exchange.Bytes(100), Cancelled);
        server.EndWithoutCloseNotify();

        Assert.Equal(Exchange.Bytes(100), await Exchange.ReadAsync(client, 100));
        for (int i = 0; i < 2; i++)
        {
            var failure = await Assert.ThrowsAsync<IOException>(() => client.ReadAsync(new byte[1], Cancelled).Guarded());
            Assert.Equal(TlsErrorCause.TruncatedByPeer, Assert.IsType<TlsProtocolException>(failure.InnerException).Cause);
        }
    }

    [Fact]
    public async Task CloseNotify_IsTheEndOfData()
    {
        (SecureStream client, SslPeer server) = await SslPeer.ServeAsync();
        await using SecureStream ownedClient = client;
        using SslPeer ownedServer = server;
        await server.Stream.WriteAsync(Exchange.Bytes(100), Cancelled);
        await server.Stream.ShutdownAsync();

        Assert.Equal(Exchange.Bytes(100), await Exchange.ReadAsync(client, 100));
        Assert.Equal(0, await client.ReadAsync(new byte[1], Cancelled).Guarded());
        await client.ShutdownAsync(Cancelled).Guarded();
        Assert.Equal(0, await server.Stream.ReadAsync(new byte[1], Cancelled).Guarded());
    }

    [Fact]
    public async Task Reset_BreaksReadsAndWrites()
    {
        (SecureStream client, SslPeer server) = await SslPeer.ServeAsync();
        await using SecureStream ownedClient = client;
        Task<int> read = client.ReadAsync(new byte[1], Cancelled).AsTask();
        server.Reset();

        var failure = await Assert.ThrowsAsync<IOException>(() => read.Guarded());
        Assert.Equal(SocketError.ConnectionReset, Assert.IsType<SocketException>(failure.InnerException).SocketErrorCode);
        await Assert.ThrowsAsync<IOException>(() => client.WriteAsync(new byte[1], Cancelled).Guarded());
        await Assert.ThrowsAsync<IOException>(() => client.WriteAsync(new byte[1], Cancelled).Guarded());
        await Assert.ThrowsAsync<IOException>(() => client.ReadAsync(new byte[1], Cancelled).Guarded());
    }

    [Fact]
    public async Task ForgedRecord_EndsTheConnectionBehindTheDataInFrontOfIt()
    {
        (SecureStream client, SslPeer server) = await SslPeer.ServeAsync();
        await using SecureStream ownedClient = client;
        using SslPeer ownedServer = server;
        await server.Stream.WriteAsync(Exchange.Bytes(100), Cancelled);
        await server.Socket.SendAsync((byte[])[23, 3, 3, 0, 20, .. Exchange.Bytes(20)], SocketFlags.None, Cancelled);

        // Whether or not both are there by now: the buffer has room for both, and holds nothing of what does not authenticate.
        byte[] buffer = Exchange.Bytes(4096, seed: 9);
        byte[] before = [.. buffer];
        Assert.Equal(100, await client.ReadAsync(buffer, Cancelled).Guarded());
        Assert.Equal(Exchange.Bytes(100), buffer[..100]);
        Assert.All(Enumerable.Range(100, buffer.Length - 100), i => Assert.True(buffer[i] == 0 || buffer[i] == before[i]));
        for (int i = 0; i < 2; i++)
        {
            var failure = await Assert.ThrowsAsync<IOException>(() => client.ReadAsync(new byte[1], Cancelled).Guarded());
            Assert.Equal(TlsErrorCause.BadRecordMac, Assert.IsType<TlsProtocolException>(failure.InnerException).Cause);
        }

        // The peer is told, and this side says no more.
        var write = await Assert.ThrowsAsync<IOException>(() => client.WriteAsync(new byte[1], Cancelled).Guarded());
        Assert.Equal(TlsErrorCause.BadRecordMac, Assert.IsType<TlsProtocolException>(write.InnerException).Cause);
        var told = await Assert.ThrowsAnyAsync<Exception>(() => server.Stream.ReadAsync(new byte[1], Cancelled).Guarded());
        Assert.Contains("bad record mac", told.ToString(), StringComparison.OrdinalIgnoreCase);
    }
}
