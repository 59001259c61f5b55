namespace SynHello.Capture;

/// <summary>A place in the picture, in pixels from its upper left corner.</summary>
internal readonly record struct LadderPoint(double X, double Y)
{
    public static LadderPoint operator +(LadderPoint left, LadderPoint right) => new(left.X + right.X, left.Y + right.Y);

    public static LadderPoint operator -(LadderPoint left, LadderPoint right) => new(left.X - right.X, left.Y - right.Y);

    public static LadderPoint operator *(LadderPoint point, double factor) => new(point.X * factor, point.Y * factor);

    public double Dot(LadderPoint other) => (X * other.X) + (Y * other.Y);
}
