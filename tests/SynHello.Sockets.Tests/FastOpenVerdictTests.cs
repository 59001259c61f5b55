using System.Net.NetworkInformation;

namespace SynHello.Sockets.Tests;

/// <summary>What cannot be brought about on this kernel: the answers of older ones, and of a path held for a black
/// hole.</summary>
public sealed class FastOpenVerdictTests
{
    private static readonly TcpInfo s_established = new() { State = TcpState.Established, BytesAcknowledged = 1 };

    [Theory]
    [InlineData(1, FastOpenOutcome.Ignored)]
    [InlineData(2, FastOpenOutcome.Fallback)]
    public void KernelThatNamesNoCause_IsReadByItsRetransmissions(int retransmits, FastOpenOutcome expected) =>
        Assert.Equal(
            expected,
            FastOpenVerdict.Of(
                FastOpenAttempt.InSyn,
                s_established with { TotalRetransmits = retransmits },
                kernelNamesFailures: false));

    [Fact]
    public void PlainHandshakeWithoutACause_IsABlackHole()
    {
        Assert.Equal(
            FastOpenAttempt.HeldBack,
            FastOpenVerdict.OfPlainHandshake(s_established, kernelNamesFailures: true));
        Assert.Equal(
            FastOpenAttempt.CookieRequested,
            FastOpenVerdict.OfPlainHandshake(s_established, kernelNamesFailures: false));
        Assert.Equal(FastOpenOutcome.Fallback, FastOpenVerdict.Of(FastOpenAttempt.HeldBack, s_established));
    }

    [Theory]
    [InlineData(TcpState.SynSent, 0, FastOpenOutcome.Pending)]
    [InlineData(TcpState.Closed, 0, FastOpenOutcome.Pending)]
    [InlineData(TcpState.Closed, 518, FastOpenOutcome.Fallback)]
    [InlineData(TcpState.CloseWait, 518, FastOpenOutcome.Fallback)]
    public void Verdict_NeedsAnAnswerToTheSyn(TcpState state, long acknowledged, FastOpenOutcome expected) =>
        Assert.Equal(
            expected,
            FastOpenVerdict.Of(
                FastOpenAttempt.InSyn,
                new TcpInfo { State = state, BytesAcknowledged = acknowledged },
                kernelNamesFailures: true));

    [Fact]
    public void AddressIsProven_OnlyInStatesThatAnAcknowledgmentLeadsTo()
    {
        TcpState[] proven = [.. Enum.GetValues<TcpState>().Where(AcceptedSocket.Proves)];
        Assert.DoesNotContain(TcpState.SynReceived, proven);
        Assert.DoesNotContain(TcpState.Closed, proven);
        Assert.DoesNotContain(TcpState.FinWait1, proven);
        Assert.Contains(TcpState.Established, proven);
        Assert.Contains(TcpState.CloseWait, proven);
    }
}
