namespace SynHello.Tests;

/// <summary>A clock that stands still, whose time of day can be set apart from the time that passes. Thread-safe; has no timers.</summary>
internal sealed class SettableClock : TimeProvider
{
    private long _now = new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero).UtcTicks;
    private long _passed = TimeSpan.TicksPerHour;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public DateTimeOffset Now => GetUtcNow();

    public override DateTimeOffset GetUtcNow() => new(Volatile.Read(ref _now), TimeSpan.Zero);

    public override long GetTimestamp() => Volatile.Read(ref _passed);

    /// <summary>Time passes.</summary>
    public void Advance(TimeSpan by)
    {
        Interlocked.Add(ref _passed, by.Ticks);
        Interlocked.Add(ref _now, by.Ticks);
    }

    /// <summary>Somebody sets the clock, forward or back; no time passes.</summary>
    public void Set(TimeSpan by) => Interlocked.Add(ref _now, by.Ticks);
}
