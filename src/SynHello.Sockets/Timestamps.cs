namespace SynHello.Sockets;

/// <summary>Arithmetic with <see cref="TimeProvider.GetTimestamp"/>.</summary>
internal static class Timestamps
{
    /// <summary>The timestamp so much later.</summary>
    public static long After(this TimeProvider clock, long timestamp, TimeSpan time) =>
        timestamp + (long)(time.TotalSeconds * clock.TimestampFrequency);

    /// <summary>The time until a timestamp, in whole milliseconds, as timers have it; zero when it has passed.</summary>
    public static TimeSpan Until(this TimeProvider clock, long timestamp)
    {
        double milliseconds = clock.GetElapsedTime(clock.GetTimestamp(), timestamp).TotalMilliseconds;
        return TimeSpan.FromMilliseconds(Math.Max(Math.Ceiling(milliseconds), 0));
    }
}
