using System.Diagnostics;

namespace SynHello.Lab.Tests;

public sealed class StallWatchTests
{
    [Fact]
    public void StallWatch_NoticesWhatIsNotTolerated()
    {
        long start = Stopwatch.GetTimestamp();
        using var watch = StallWatch.Start(TimeSpan.Zero);

        // No thread wakes on the dot.
        Assert.True(SpinWait.SpinUntil(() => watch.HasStalledSince(start), TimeSpan.FromSeconds(30)));
    }

    [Fact]
    public void StallWatch_OverlooksWhatIsTolerated()
    {
        long start = Stopwatch.GetTimestamp();
        using var watch = StallWatch.Start(TimeSpan.FromHours(1));

        Assert.False(watch.HasStalledSince(start));
    }

    [Fact]
    public void Start_RefusesANegativeTime() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => StallWatch.Start(TimeSpan.FromTicks(-1)));
}
