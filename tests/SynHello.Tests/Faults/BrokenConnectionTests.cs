using System.Security.Authentication;

using SynHello.Tls;

namespace SynHello.Tests;

/// <summary>
/// Connections that come in pieces, break at any byte, or stop, in every kind of handshake: each call ends as it is documented to, and
/// nothing is left behind, no handle, no pooled buffer, no timer and no call.
/// </summary>
public sealed class BrokenConnectionTests
{
    private const int CutsAKind = 80;

    public static TheoryData<string> Kinds => [.. FaultScenario.All.Keys];

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task CutAnywhere_LeavesNothingBehind(string kind)
    {
        await Leftovers.AssertNoneAsync(kind, peersMayEnd: false, async bench =>
        {
            await bench.AssertCutsBreakAsync(CutsAKind);
        });
    }

    /// <summary>One byte at a time, and as many as chance has it: nothing is lost, and nothing waits for what is there.</summary>
    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Pieces_OfAnySize_ArriveWhole(string kind)
    {
        await Leftovers.AssertNoneAsync(kind, peersMayEnd: false, async bench =>
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
        await Leftovers.AssertNoneAsync(kind, peersMayEnd: true, async bench =>
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
        await Leftovers.AssertNoneAsync(kind, peersMayEnd: true, async bench =>
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
        Task<Exception?> visiting = bench.VisitAsync(stream);
        using RelayedConnection stalled = await stalling.Guarded();
        await stream.DisposeAsync().Guarded();
        Assert.IsType<ObjectDisposedException>(await visiting.Guarded());
    }

    private sealed class BrokenTickets : SessionTicketProtector
    {
        public override int MaximumOverhead => 28;

        public override int Seal(ReadOnlySpan<byte> content, Span<byte> ticket) =>
            throw new InvalidOperationException("The key is out of reach.");

        public override bool TryOpen(ReadOnlySpan<byte> ticket, Span<byte> content, out int length) =>
            throw new InvalidOperationException("The key is out of reach.");
    }
}
