namespace SynHello.Capture;

/// <summary>A rectangle that stands aslant, as a label along an arrow does.</summary>
/// <param name="Center">Its middle.</param>
/// <param name="Along">Unit vector along its length.</param>
/// <param name="Length">Size in the direction of <paramref name="Along"/>.</param>
/// <param name="Height">Size across.</param>
internal readonly record struct SlantedBox(LadderPoint Center, LadderPoint Along, double Length, double Height)
{
    private LadderPoint Across => new(-Along.Y, Along.X);

    // Two convex shapes are apart if and only if a line along one of their sides separates them.
    public bool Overlaps(SlantedBox other) =>
        !IsApart(other, Along) && !IsApart(other, Across) && !IsApart(other, other.Along) && !IsApart(other, other.Across);

    private bool IsApart(SlantedBox other, LadderPoint axis) =>
        Math.Abs((other.Center - Center).Dot(axis)) > Reach(axis) + other.Reach(axis);

    private double Reach(LadderPoint axis) =>
        (Math.Abs(Along.Dot(axis)) * Length / 2) + (Math.Abs(Across.Dot(axis)) * Height / 2);
}
