namespace SynHello.Bogo;

/// <summary>The clock of every connection: it stands still, and is put forward between two of them.</summary>
internal sealed class ShimClock : TimeProvider
{
    private DateTimeOffset _now = System.GetUtcNow();

    public void Advance(TimeSpan time) => _now += time;

    public override DateTimeOffset GetUtcNow() => _now;
}
