namespace SynHello.Capture;

/// <summary>
/// What of one stream has reached its receiver in order, and the depth of the deepest packet that it took to get there:
/// data behind a gap cannot be read yet, and data that comes twice was no cause of anything.
/// </summary>
/// <param name="limit">
/// Bytes from this offset on do not count for <see cref="DepthBelowLimit"/>.
/// </param>
internal sealed class ReceivedBytes(long limit = long.MaxValue)
{
    private readonly PriorityQueue<(long Start, long End, int Depth), long> _behindGap = new();

    /// <summary>Every byte before this offset has arrived.</summary>
    public long End { get; private set; }

    /// <summary>The deepest packet that brought what can be read; -1 if nothing arrived.</summary>
    public int Depth { get; private set; } = -1;

    /// <summary>As <see cref="Depth"/>, for what lies before the limit.</summary>
    public int DepthBelowLimit { get; private set; } = -1;

    /// <summary>A SYN or FIN arrived.</summary>
    public void AddControl(int depth)
    {
        Depth = Math.Max(Depth, depth);
        DepthBelowLimit = Math.Max(DepthBelowLimit, depth);
    }

    /// <summary>A packet with the bytes from <paramref name="start"/> to <paramref name="end"/> arrived.</summary>
    public void Add(long start, long end, int depth)
    {
        if (end <= End)
            return;
        if (start > End)
        {
            _behindGap.Enqueue((start, end, depth), start);
            return;
        }

        Advance(end, depth);
        while (_behindGap.TryPeek(out var next, out _) && next.Start <= End)
        {
            _behindGap.Dequeue();
            if (next.End > End)
                Advance(next.End, next.Depth);
        }
    }

    private void Advance(long end, int depth)
    {
        Depth = Math.Max(Depth, depth);
        if (End < limit)
            DepthBelowLimit = Math.Max(DepthBelowLimit, depth);
        End = end;
    }
}
