namespace SynHello.Cli;

/// <summary>How much is measured.</summary>
/// <param name="Samples">How many samples of each contestant.</param>
/// <param name="LongWarmUp">Rounds before the first sample, at the least, where much code is run.</param>
/// <param name="ShortWarmUp">The same where few methods do nearly all.</param>
/// <param name="Connections">How many connections are idle at a time.</param>
/// <param name="Crowds">How often they are gathered.</param>
internal sealed record Effort(int Samples, int LongWarmUp, int ShortWarmUp, int Connections, int Crowds)
{
    /// <summary>
    /// For a figure. The runtime compiles a method for speed in the background, some time after it was called 30 times, and once more with
    /// what it has learned; measured too early, a stack whose code comes compiled looks better, as no server does that has run for a minute.
    /// </summary>
    public static Effort Full { get; } = new(31, 25, 16, 10_000, 3);

    /// <summary>For a look.</summary>
    public static Effort Quick { get; } = new(7, 4, 8, 1_000, 1);

    /// <summary>To see that all of it works.</summary>
    public static Effort Trial { get; } = new(1, 1, 1, 50, 1);
}
