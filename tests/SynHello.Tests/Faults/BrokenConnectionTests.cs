using System.Security.Authentication;

using SynHello.Tls;

namespace SynHello.Tests;

/// <summary>
/// Connections that come in pieces, break at any byte, or stop, in every kind of handshake: each call ends as it is documented to, and
/// nothing is left behind, no handle, no pooled buffer, no timer and no task.
/// </summary>
public sealed class BrokenConnectionTests
{
    private const int CutsAKind = 80;

    public static TheoryData<string> Kinds => [.. FaultScenario.All.Keys];

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task CutAnywhere_LeavesNothingBehind(string kind)
    {
        await AssertNothingLeftAsync(kind, peersMayEnd: false, async bench =>
        {
            RelayedConnection whole = await bench.VisitUnharmedAsync();
            var random = new Random(7);
            bench.Plan([.. Enumerable.Range(0, CutsAKind).Select(_ => Fault.Cut(random, whole.BytesToServer, whole.BytesToClient))]);
            await Parallel.ForAsync(0, CutsAKind, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (_, _) =>
                bench.AssertBroken(await bench.VisitAsync(CancellationToken.None).Guarded()));
        });
    }

    /// <summary>One byte at a time, and as many as chance has it: nothing is lost, and nothing waits for what is there.</summary>
    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Pieces_OfAnySize_ArriveWhole(string kind)
    {
        await AssertNothingLeftAsync(kind, peersMayEnd: false, async bench =>
        {
            bench.Relay.PieceSize = () => 1;
            await bench.VisitUnharmedAsync();
            var random = new Random(11);
            bench.Relay.PieceSize = () =>
            {
                lock (random)
                    return 1 + random.Next(random.Next(2) == 0 ? 7 : 3000);
            };
            for (int i = 0; i < 4; i++)
                await bench.VisitUnharmedAsync();
        });
    }

    /// <summary>
    /// Each place in a handshake where somebody waits: the bytes stop there, and the client is canceled, or disposed of. The handshake's own
    /// time ends none of it: it is longer than the test's.
    /// </summary>
    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task StallAnywhere_EndsWithWhoeverEndsIt(string kind)
    {
        const int Places = 12;
        await AssertNothingLeftAsync(kind, peersMayEnd: true, async bench =>
        {
            RelayedConnection whole = await bench.VisitUnharmedAsync();
            for (int place = 0; place < 2 * Places; place++)
            {
                bool towardsServer = place % 2 == 0;
                long after = (towardsServer ? whole.BytesToServer : whole.BytesToClient) * (place / 2) / Places;
                await CancelAsync(bench, new Fault(FaultKind.Stall, towardsServer, after));
                await bench.SettleAsync();
                await DisposeAsync(bench, new Fault(FaultKind.Stall, towardsServer, after));
                await bench.SettleAsync();
            }
        });
    }

    /// <summary>A listener that is disposed of waits for no client.</summary>
    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task StallAnywhere_DoesNotHoldUpTheListenersEnd(string kind)
    {
        const int Places = 5;
        await AssertNothingLeftAsync(kind, peersMayEnd: true, async bench =>
        {
            RelayedConnection whole = await bench.VisitUnharmedAsync();
            for (int place = 0; place < 2 * Places; place++)
            {
                bool towardsServer = place % 2 == 0;
                long after = (towardsServer ? whole.BytesToServer : whole.BytesToClient) * (place / 2) / Places;
                var other = new FaultBench(FaultScenario.All[kind]) { PeersMayEnd = true };
                await other.VisitUnharmedAsync();
                Task<RelayedConnection> stalled = other.PlanStall(new Fault(FaultKind.Stall, towardsServer, after));
                Task<Exception?> visiting = other.VisitAsync(CancellationToken.None);
                await stalled.Guarded();
                await other.DisposeAsync(visiting);
                other.AssertBroken(await visiting);
            }
        });
    }

    /// <summary>A key, or a ticket key, that fails takes the connection with it and no buffer.</summary>
    [Theory]
    [InlineData(SslProtocols.Tls13, false)]
    [InlineData(SslProtocols.Tls13, true)]
    [InlineData(SslProtocols.Tls12, false)]
    [InlineData(SslProtocols.Tls12, true)]
    public async Task FailureOfThisSide_LeavesNoBufferBehind(SslProtocols version, bool isTicketKey)
    {
        using var ledger = new PoolLedger(smallest: 1);
        await using (SecureListener listener = SecurePair.Listen(options =>
        {
            if (isTicketKey)
                options.TicketKeys = new BrokenTickets();
            else
                options.Credentials = [new BrokenCredential(options.Credentials[0])];
        }))
        {
            SecureClient client = SecurePair.MakeClient(options =>
            {
                options.EnabledSslProtocols = version;
                options.AllowFalseStart = false;
            });
            for (int i = 0; i < 5; i++)
            {
                await Assert.ThrowsAsync<AuthenticationException>(() =>
                    client.ConnectAsync(listener.LocalEndPoint, SecurePair.Host, TestContext.Current.CancellationToken).Guarded());
            }
        }

        Assert.NotEqual(0, ledger.Total);
        Assert.Equal(0, ledger.Out);
    }

    private static async Task CancelAsync(FaultBench bench, Fault stall)
    {
        Task<RelayedConnection> stalling = bench.PlanStall(stall);
        using var cancellation = new CancellationTokenSource();
        Task<Exception?> visiting = bench.VisitAsync(cancellation.Token);
        using RelayedConnection stalled = await stalling.Guarded();
        await cancellation.CancelAsync();
        Assert.IsAssignableFrom<OperationCanceledException>(await visiting.Guarded());
    }

    private static async Task DisposeAsync(FaultBench bench, Fault stall)
    {
        Task<RelayedConnection> stalling = bench.PlanStall(stall);
        DeferredSecureStream stream = bench.Client.OpenStream(bench.Relay.EndPoint, SecurePair.Host, bench.IsEarly);
        Task<Exception?> visiting = FaultBench.VisitAsync(stream);
        using RelayedConnection stalled = await stalling.Guarded();
        await stream.DisposeAsync().Guarded();
        Assert.IsType<ObjectDisposedException>(await visiting.Guarded());
    }

    /// <summary>Runs a test between two looks at what the process holds.</summary>
    private static async Task AssertNothingLeftAsync(string kind, bool peersMayEnd, Func<FaultBench, Task> test)
    {
        // What is made once for all is there afterwards.
        await using (var warm = new FaultBench(FaultScenario.All[kind]))
        {
            await warm.VisitUnharmedAsync();
            await warm.VisitUnharmedAsync();
        }

        using var ledger = new PoolLedger(smallest: 1);
        HashSet<string> handles = Handles();
        await using (var bench = new FaultBench(FaultScenario.All[kind]) { PeersMayEnd = peersMayEnd })
        {
            await bench.VisitUnharmedAsync(); // and has a session from now on, where there is one
            await test(bench);
            await bench.SettleAsync();
        }

        Assert.NotEqual(0, ledger.Total);
        Assert.Equal(0, ledger.Out);
        Assert.Equal(0, ledger.ReturnedTwice);
        await AssertNoMoreThanAsync(handles);
    }

    /// <summary>A handle that an operation still had in use when it was closed is closed with the operation's end, elsewhere.</summary>
    private static async Task AssertNoMoreThanAsync(HashSet<string> handles)
    {
        long deadline = Environment.TickCount64 + 60_000;
        while (!Handles().IsSubsetOf(handles) && Environment.TickCount64 < deadline)
            await Task.Yield();
        Assert.Empty(Handles().Except(handles));
    }

    /// <summary>Sockets and all that is no file: the files of its code a process opens when it needs them first.</summary>
    private static HashSet<string> Handles() =>
    [
        .. Directory.GetFiles("/proc/self/fd")
            .Select(path => new FileInfo(path).LinkTarget ?? "")
            .Where(target => target.Contains(':', StringComparison.Ordinal)),
    ];

    private sealed class BrokenTickets : SessionTicketProtector
    {
        public override int MaximumOverhead => 28;

        public override int Seal(ReadOnlySpan<byte> content, Span<byte> ticket) =>
            throw new InvalidOperationException("The key is out of reach.");

        public override bool TryOpen(ReadOnlySpan<byte> ticket, Span<byte> content, out int length) =>
            throw new InvalidOperationException("The key is out of reach.");
    }
}
