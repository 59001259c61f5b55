using SynHello.Testing;

namespace SynHello.Tests;

/// <summary>The time of day goes on, but no timer ever fires unless the test fires them.</summary>
internal sealed class StoppedTimers : TimeProvider
{
    private readonly FakeTimeProvider _timers = new();

    /// <summary>How far the time of day is from the system's.</summary>
    public TimeSpan Offset { get; set; }

    public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + Offset;

    public override long GetTimestamp() => System.GetTimestamp() + (long)(Offset.TotalSeconds * TimestampFrequency);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        _timers.CreateTimer(callback, state, dueTime, period);

    /// <summary>Fires the timers that are due so soon.</summary>
    public void FireWithin(TimeSpan time) => _timers.Advance(time);
}
