namespace SynHello.OnTheWire.Tests;

/// <summary>The system's clock and timers; a test can move the time ahead.</summary>
internal sealed class MovableClock : TimeProvider
{
    private TimeSpan _offset;

    /// <summary>Moves the time ahead. Timers that run already do not notice.</summary>
    public void Move(TimeSpan by) => _offset += by;

    public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + _offset;

    public override long GetTimestamp() => System.GetTimestamp() + (long)(_offset.TotalSeconds * TimestampFrequency);
}
