using System.Net.Sockets;

using SynHello.Wire;

namespace SynHello.Tests;

/// <summary>
/// Connections that carry more than the sockets hold, both ways: writes that wait, and reads of several records at once, are cut, come in
/// pieces, or are held up while somebody ends them.
/// </summary>
public sealed class BrokenBulkTests
{
    private const int Cuts = 40;

    /// <summary>Completes with the end of the client's visit.</summary>
    private volatile TaskCompletionSource _visited = new();

    /// <summary>How bulk goes differs with the version alone.</summary>
    public static TheoryData<string> Kinds => ["1.3 full", "1.3 resumed", "1.2 full"];

    [Theory]
    [MemberData(nameof(Kinds))]
    public Task CutAnywhere_LeavesNothingBehind(string kind) =>
        Leftovers.AssertNoneAsync(kind, peersMayEnd: false, bench => bench.AssertCutsBreakAsync(Cuts), isBulk: true);

    [Theory]
    [MemberData(nameof(Kinds))]
    public Task Pieces_OfAnySize_ArriveWhole(string kind) => Leftovers.AssertNoneAsync(kind, peersMayEnd: false, async bench =>
    {
        var random = new Random(13);
        bench.Relay.PieceSize = () =>
        {
            lock (random)
                return 1 + random.Next(random.Next(2) == 0 ? 500 : 16_384);
        };
        for (int i = 0; i < 3; i++)
            await bench.VisitUnharmedAsync();
    }, isBulk: true);

    /// <summary>
    /// A record that was begun has no end: nothing more is sent, no close_notify either, and the client does not take that for one.
    /// </summary>
    [Theory]
    [MemberData(nameof(Kinds))]
    public Task HeldUpWrite_ThatIsCanceled_EndsAndIsTheLast(string kind) => HoldUpAsync(kind, async (bench, stream, jam) =>
    {
        using var cancellation = new CancellationTokenSource();
        Task writing = stream.WriteAsync(bench.Response, cancellation.Token).AsTask();
        await JammedAsync(jam, stream);
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => writing.Guarded());
        IOException late = await Assert.ThrowsAsync<IOException>(() => stream.WriteAsync(new byte[1]).Guarded());
        Assert.StartsWith("An earlier write", late.Message, StringComparison.Ordinal);
        await stream.DisposeAsync().Guarded();
    }, TlsErrorCause.TruncatedByPeer);

    [Theory]
    [MemberData(nameof(Kinds))]
    public Task HeldUpWrite_EndsWithTheStream(string kind) =>
        EndHeldUpWritesAsync(kind, stream => stream.DisposeAsync().AsTask(), TlsErrorCause.TruncatedByPeer);

    [Theory]
    [MemberData(nameof(Kinds))]
    public Task HeldUpWrite_EndsWithAnAbort(string kind) => EndHeldUpWritesAsync(
        kind,
        stream =>
        {
            stream.Abort();
            return Task.CompletedTask;
        },
        cause: null);

    /// <summary>The reader has an alert to send while a write is held up: whoever holds the socket sends it.</summary>
    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task HeldUpWrite_TakesTheReadersAlertAlong(string kind)
    {
        int heldUp = 0;
        await HoldUpAsync(kind, async (bench, stream, jam) =>
        {
            Task writing = stream.WriteAsync(bench.Response).AsTask();
            RelayedConnection jammed = await JammedAsync(jam, stream);
            await jammed.InjectAsync([23, 3, 3, 0, 40, .. new byte[40]]);
            IOException refusal = await Assert.ThrowsAsync<IOException>(() => stream.ReadAsync(new byte[1]).Guarded());
            Assert.IsType<TlsProtocolException>(refusal.InnerException);
            if (!writing.IsCompleted)
                heldUp++; // a kernel that finds room after all, which is rare, lets it go on to the failure
            jammed.Resume();
            await Assert.ThrowsAsync<IOException>(() => writing.Guarded());
            await _visited.Task.Guarded(); // the disposal would send what was forgotten
        }, TlsErrorCause.PeerAlert);
        Assert.NotEqual(0, heldUp);
    }

    /// <summary>The socket takes nothing when close_notify is to be sent: it is not, and nobody waits.</summary>
    [Theory]
    [MemberData(nameof(Kinds))]
    public Task FullSocket_HoldsUpNoEnd(string kind) => HoldUpAsync(kind, async (bench, stream, jam) =>
    {
        await stream.WriteAsync(bench.Response[..16_000]).Guarded();
        await jam.Guarded();
        Socket socket = FaultBench.SocketOf(stream);
        socket.Blocking = false;
        byte[] record = [23, 3, 3, 0x40, 0, .. new byte[0x4000]];
        await FullAsync(() =>
        {
            socket.Send(record, SocketFlags.None, out SocketError error);
            return error == SocketError.WouldBlock;
        });
        await stream.DisposeAsync().Guarded();
    }, cause: null, isAtOnce: true);

    /// <summary>Ends a stream with one write held up and another one behind it.</summary>
    private Task EndHeldUpWritesAsync(string kind, Func<SecureStream, Task> end, TlsErrorCause? cause) => HoldUpAsync(
        kind,
        async (bench, stream, jam) =>
        {
            Task writing = stream.WriteAsync(bench.Response).AsTask();
            Task next = stream.WriteAsync(bench.Response).AsTask();
            await JammedAsync(jam, stream);
            await end(stream).Guarded();
            await Assert.ThrowsAsync<ObjectDisposedException>(() => writing.Guarded());
            await Assert.ThrowsAsync<ObjectDisposedException>(() => next.Guarded());
        },
        cause);

    /// <summary>Has a server begin its response, and the bytes stop half-way, or soon after the handshake.</summary>
    private Task HoldUpAsync(
        string kind, Func<FaultBench, SecureStream, Task<RelayedConnection>, Task> respond, TlsErrorCause? cause,
        bool isAtOnce = false) => Leftovers.AssertNoneAsync(kind, peersMayEnd: false, async bench =>
    {
        const int Times = 5;
        RelayedConnection whole = await bench.VisitUnharmedAsync();
        for (int i = 0; i < Times; i++)
        {
            long after = whole.BytesToClient - (isAtOnce ? bench.Response.Length : bench.Response.Length / 2);
            Task<RelayedConnection> jam = bench.PlanStall(new Fault(FaultKind.Jam, TowardsServer: false, after));
            bool isDone = false;
            _visited = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            bench.Respond = async stream =>
            {
                try
                {
                    await respond(bench, stream, jam);
                    isDone = true;
                }
                finally
                {
                    if (jam.IsCompletedSuccessfully)
                        (await jam).Resume();
                }
            };
            Exception? failure = await bench.VisitAsync(CancellationToken.None).Guarded();
            _visited.SetResult();
            bench.Respond = null;
            await bench.SettleAsync();
            Assert.True(isDone, failure?.ToString());
            Assert.NotNull(failure);
            if (cause is not null)
                Assert.Equal(cause, Assert.IsType<TlsProtocolException>(Assert.IsType<IOException>(failure).InnerException).Cause);
        }
    }, isBulk: true);

    /// <summary>Waits until the bytes have stopped and the server's socket takes no more, and goes on taking no more.</summary>
    private static async Task<RelayedConnection> JammedAsync(Task<RelayedConnection> jam, SecureStream stream)
    {
        RelayedConnection jammed = await jam.Guarded();
        Socket socket = FaultBench.SocketOf(stream);
        await FullAsync(() => !socket.Poll(0, SelectMode.SelectWrite));
        return jammed;
    }

    /// <summary>Waits until there is no room many times in a row: what is on its way may make some.</summary>
    private static async Task FullAsync(Func<bool> isFull)
    {
        long deadline = Environment.TickCount64 + 60_000;
        for (int full = 0; full < 1000; await Task.Yield())
        {
            Assert.True(Environment.TickCount64 < deadline, "There is always room.");
            full = isFull() ? full + 1 : 0;
        }
    }
}
