using System.Net.Sockets;
using System.Security.Authentication;

using SynHello.Wire;

namespace SynHello.Tests;

/// <summary>Lengths that promise megabytes, with nothing behind them: what is not there costs nothing.</summary>
public sealed class ClaimedLengthTests : IDisposable
{
    private const int HandshakeFailed = 4;
    private const int Visits = 200;

    /// <summary>What a connection with its handshake may allocate, none of which is what was claimed.</summary>
    private const int MostAllocated = 40_000;

    private readonly CollectingLogger _log = new();

    /// <summary>A record, the cause it is refused for, and whether only the peer's end tells that nothing more comes.</summary>
    public static TheoryData<byte[], TlsErrorCause, bool> Claims => new()
    {
        { [22, 3, 3, 0xff, 0xff], TlsErrorCause.RecordTooLarge, false },
        { [22, 3, 3, 0x40, 0], TlsErrorCause.TruncatedByPeer, true },
        { [22, 3, 3, 0, 4, 1, 0xff, 0xff, 0xff], TlsErrorCause.HandshakeMessageTooLarge, false },
        { [22, 3, 3, 0, 4, 2, 0xff, 0xff, 0xff], TlsErrorCause.HandshakeMessageTooLarge, false },
        { [22, 3, 3, 0, 4, 1, 1, 0, 0], TlsErrorCause.TruncatedByPeer, true },
        { [22, 3, 3, 0, 1, 1, 22, 3, 3, 0, 1, 1, 22, 3, 3, 0, 1, 0], TlsErrorCause.TruncatedByPeer, true },
        { [21, 3, 3, 0x40, 0], TlsErrorCause.TruncatedByPeer, true },
        { [23, 3, 3, 0x40, 0], TlsErrorCause.TruncatedByPeer, true },
    };

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public void Dispose() => _log.Dispose();

    [Theory]
    [MemberData(nameof(Claims))]
    public async Task ClientsClaim_IsNotAllocatedFor(byte[] claim, TlsErrorCause cause, bool isOpen)
    {
        await using SecureListener listener = SecurePair.Listen(options => options.LoggerFactory = _log);
        using var ledger = new PoolLedger(smallest: 1);
        var clients = new List<Socket>();
        long before = 0;
        for (int i = -10; i < Visits; i++)
        {
            if (i == 0)
                before = GC.GetTotalAllocatedBytes(precise: true);
            var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            clients.Add(client);
            await client.ConnectAsync(listener.LocalEndPoint, Cancelled);
            await client.SendAsync(claim, SocketFlags.None, Cancelled);
            if (isOpen)
                client.Shutdown(SocketShutdown.Send);
            Assert.Contains(cause.ToString(), (await _log.NextAsync(HandshakeFailed)).Message, StringComparison.Ordinal);
        }

        Assert.InRange((GC.GetTotalAllocatedBytes(precise: true) - before) / Visits, 0, MostAllocated);
        clients.ForEach(client => client.Dispose());
        await listener.DisposeAsync().Guarded();
        Assert.Equal(0, ledger.Out);
    }

    [Theory]
    [MemberData(nameof(Claims))]
    public async Task ServersClaim_IsNotAllocatedFor(byte[] claim, TlsErrorCause cause, bool isOpen)
    {
        using Socket listener = SslPeer.Listen();
        SecureClient client = SecurePair.MakeClient();
        using var ledger = new PoolLedger(smallest: 1);
        long before = 0;
        for (int i = -10; i < Visits; i++)
        {
            if (i == 0)
                before = GC.GetTotalAllocatedBytes(precise: true);
            Task<SecureStream> connecting = client.ConnectAsync(listener.LocalEndPoint!, SecurePair.Host, Cancelled).AsTask();
            using Socket server = await listener.AcceptAsync(Cancelled);
            await server.SendAsync(claim, SocketFlags.None, Cancelled);
            if (isOpen)
                server.Shutdown(SocketShutdown.Send);
            var failure = await Assert.ThrowsAsync<AuthenticationException>(() => connecting.Guarded());
            Assert.Equal(cause, Assert.IsType<TlsProtocolException>(failure.InnerException).Cause);
        }

        Assert.InRange((GC.GetTotalAllocatedBytes(precise: true) - before) / Visits, 0, MostAllocated);
        Assert.Equal(0, ledger.Out);
    }
}
