namespace SynHello;

/// <summary>What a timeout may be.</summary>
internal static class Timeouts
{
    /// <summary>The most that a timer takes.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromMilliseconds(uint.MaxValue - 1);

    public static void Check(TimeSpan timeout, string parameter)
    {
        if (timeout != Timeout.InfiniteTimeSpan && (timeout <= TimeSpan.Zero || timeout > Longest))
            throw new ArgumentOutOfRangeException(parameter, timeout, "A timeout is positive, at most 49 days, or infinite.");
    }
}
