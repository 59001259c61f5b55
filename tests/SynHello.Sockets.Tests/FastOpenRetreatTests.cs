using SynHello.Testing;

namespace SynHello.Sockets.Tests;

/// <summary>The decisions alone, on a clock that the test moves.</summary>
public sealed class FastOpenRetreatTests
{
    private const int Limit = 256;
    private const int Crowd = 192;
    private const int Own = 64; // the least that is pressure of the listener's own
    private const int Calm = 8;

    private readonly FakeTimeProvider _clock = new();

    [Fact]
    public void Crowd_StepsDownFromCookielessAtOnce()
    {
        FastOpenRetreat retreat = Make();
        Assert.Null(retreat.Judge(new(Crowd - 1)));
        Assert.Equal(FastOpenStepReason.UnprovenConnections, retreat.Judge(new(Crowd)));
        Assert.Equal(FastOpenMode.Cookie, retreat.Mode);
        Assert.True(retreat.IsLowered);
    }

    [Theory]
    [InlineData(1, 1, true)]
    [InlineData(2, 1, false)]
    [InlineData(2, 2, true)]
    [InlineData(3, 2, false)]
    [InlineData(4, 3, true)]
    public void Crowd_IsThreeQuartersOfAnyLimit(int limit, int unproven, bool stepsDown)
    {
        var retreat = new FastOpenRetreat(FastOpenMode.Cookieless, asksForCookies: true, limit, _clock);
        Assert.Equal(stepsDown, retreat.Judge(new(unproven)) is not null);
    }

    [Theory]
    [InlineData(5, 0, FastOpenStepReason.QueueOverflow)]
    [InlineData(0, 5, FastOpenStepReason.SynQueueFull)]
    [InlineData(5, 5, FastOpenStepReason.QueueOverflow)]
    public void FullQueues_StepDownWithPressureOfItsOwnOnly(long overflows, long full, FastOpenStepReason reason)
    {
        FastOpenRetreat retreat = Make();
        Assert.Null(retreat.Judge(new(Own - 1, 0, overflows, full)));
        Assert.Equal(reason, retreat.Judge(new(Own, 0, overflows, full)));
        Assert.Equal(FastOpenMode.Cookie, retreat.Mode);
    }

    [Fact]
    public void FullQueues_BeforeThePressure_AreForgotten()
    {
        FastOpenRetreat retreat = Make();
        Assert.Null(retreat.Judge(new(0, 0, 5, 5)));
        Assert.Null(retreat.Judge(new(Own)));
    }

    [Fact]
    public void FullSynQueue_LeadsToPlainHandshakes()
    {
        FastOpenRetreat retreat = Lowered();
        Assert.Null(retreat.Judge(new(Limit, 0, 5)));
        Assert.Equal(FastOpenStepReason.SynQueueFull, retreat.Judge(new(Limit, 0, 5, 5)));
        Assert.Equal(FastOpenMode.Off, retreat.Mode);
        Assert.Null(retreat.Judge(new(Limit, Limit, 5, 5))); // there is nothing below
    }

    /// <summary>What was opened without a cookie is gone before it is overdue, and is no reason.</summary>
    [Theory]
    [InlineData(FastOpenMode.Cookieless)]
    [InlineData(FastOpenMode.Cookie)]
    public void HangingConnectionsWithCookies_LeadToPlainHandshakes(FastOpenMode highest)
    {
        FastOpenRetreat retreat = highest == FastOpenMode.Cookie ? Make(highest) : Lowered();
        Assert.Null(retreat.Judge(new(Limit, (Limit / 2) - 1)));
        Assert.Equal(FastOpenStepReason.UnprovenConnections, retreat.Judge(new(Limit, Limit / 2)));
        Assert.Equal(FastOpenMode.Off, retreat.Mode);
    }

    [Fact]
    public void Calm_StepsUpOneByOne()
    {
        FastOpenRetreat retreat = Plain();
        Advance(Calm - 0.001);
        Assert.Null(retreat.Judge(default));
        Advance(0.001);
        Assert.Equal(FastOpenStepReason.Calm, retreat.Judge(default));
        Assert.Equal(FastOpenMode.Cookie, retreat.Mode);
        Advance(Calm - 0.001);
        Assert.Null(retreat.Judge(default));
        Advance(0.001);
        Assert.Equal(FastOpenStepReason.Calm, retreat.Judge(default));
        Assert.Equal(FastOpenMode.Cookieless, retreat.Mode);
        Advance(1000);
        Assert.Null(retreat.Judge(default));
    }

    [Theory]
    [InlineData(Own, 0, 0)]
    [InlineData(0, 1, 0)]
    [InlineData(0, 0, 1)]
    public void Trouble_BeginsTheCalmAnew(int unproven, long overflows, long full)
    {
        FastOpenRetreat retreat = Plain();
        Advance(Calm - 1);
        Assert.Null(retreat.Judge(new(unproven, 0, overflows, full)));
        Advance(Calm - 0.001);
        Assert.Null(retreat.Judge(new(Own - 1)));
        Advance(0.001);
        Assert.NotNull(retreat.Judge(new(Own - 1)));
    }

    /// <summary>An attack on somebody else that outlasts the one on this listener does not hold it down for good.</summary>
    [Fact]
    public void FullQueues_CountAsLongAsThePressureIsRemembered()
    {
        FastOpenRetreat retreat = Plain();
        for (TimeSpan passed = TimeSpan.Zero; passed <= FastOpenRetreat.LongestCalm; passed += TimeSpan.FromSeconds(1))
        {
            Assert.Null(retreat.Judge(new(0, 0, 1, 1)));
            Advance(1);
        }

        Advance(Calm - 2);
        Assert.Null(retreat.Judge(new(0, 0, 1, 1)));
        Advance(1);
        Assert.Equal(FastOpenStepReason.Calm, retreat.Judge(new(0, 0, 1, 1)));
        Advance(Calm);
        Assert.Equal(FastOpenStepReason.Calm, retreat.Judge(new(0, 0, 1, 1)));
        Assert.Equal(FastOpenMode.Cookieless, retreat.Mode);
    }

    [Fact]
    public void PressureSoonAfterAStepUp_DoublesTheCalmUpToItsMost()
    {
        FastOpenRetreat retreat = Lowered();
        TimeSpan[] calms = [.. Enumerable.Range(0, 8).Select(_ =>
        {
            TimeSpan calm = StepUp(retreat);
            Advance((2 * calm.TotalSeconds) - 0.001);
            Assert.NotNull(retreat.Judge(new(Crowd)));
            return calm;
        })];
        Assert.Equal([8, 16, 32, 64, 128, 256, 300, 300], calms.Select(calm => calm.TotalSeconds));

        StepUp(retreat);
        Advance(2 * FastOpenRetreat.LongestCalm.TotalSeconds);
        Assert.NotNull(retreat.Judge(new(Crowd)));
        Assert.Equal(FastOpenRetreat.ShortestCalm, retreat.Calm);
    }

    [Fact]
    public void TwoStepsOfOneTrouble_DoubleTheCalmOnce()
    {
        FastOpenRetreat retreat = Lowered();
        StepUp(retreat);
        Assert.NotNull(retreat.Judge(new(Crowd)));
        Assert.NotNull(retreat.Judge(new(Crowd, 0, 0, 1)));
        Assert.Equal(FastOpenMode.Off, retreat.Mode);
        Assert.Equal(2 * FastOpenRetreat.ShortestCalm, retreat.Calm);
    }

    /// <summary>Bit 0x200 of the sysctl: no listener of the namespace can ask for cookies.</summary>
    [Fact]
    public void WithoutCookies_ThereIsNothingInBetween()
    {
        FastOpenRetreat retreat = Make(asksForCookies: false);
        Assert.NotNull(retreat.Judge(new(Crowd)));
        Assert.Equal(FastOpenMode.Off, retreat.Mode);
        StepUp(retreat);
        Assert.Equal(FastOpenMode.Cookieless, retreat.Mode);
    }

    private FastOpenRetreat Make(FastOpenMode highest = FastOpenMode.Cookieless, bool asksForCookies = true) =>
        new(highest, asksForCookies, Limit, _clock);

    private FastOpenRetreat Lowered()
    {
        FastOpenRetreat retreat = Make();
        Assert.NotNull(retreat.Judge(new(Crowd)));
        return retreat;
    }

    private FastOpenRetreat Plain()
    {
        FastOpenRetreat retreat = Lowered();
        Assert.NotNull(retreat.Judge(new(Crowd, 0, 0, 1)));
        Assert.Equal(FastOpenMode.Off, retreat.Mode);
        return retreat;
    }

    private TimeSpan StepUp(FastOpenRetreat retreat)
    {
        TimeSpan calm = retreat.Calm;
        Advance(calm.TotalSeconds);
        Assert.Equal(FastOpenStepReason.Calm, retreat.Judge(default));
        return calm;
    }

    private void Advance(double seconds) => _clock.Advance(TimeSpan.FromSeconds(seconds));
}
