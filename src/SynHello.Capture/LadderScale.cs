namespace SynHello.Capture;

/// <summary>Where a time is in the picture.</summary>
/// <param name="Top">The place of time zero.</param>
/// <param name="PixelsPerTick">Pixels per 100 nanoseconds.</param>
internal readonly record struct LadderScale(double Top, double PixelsPerTick)
{
    public double Y(TimeSpan time) => Top + (time.Ticks * PixelsPerTick);
}
