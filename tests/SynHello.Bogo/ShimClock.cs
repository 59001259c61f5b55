namespace SynHello.Bogo;

/// <summary>The clock of every connection; it can be put forward between two of them.</summary>
internal sealed class ShimClock : TimeProvider
{
    private TimeSpan _offset;

    public void Advance(TimeSpan time) => _offset += time;

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + _offset;
}
