using System.Diagnostics;

namespace SynHello.Cli;

/// <summary>How long something takes on this thread, when nothing else is done.</summary>
internal static class BareSpeed
{
    private const int Blocks = 301;
    private static readonly TimeSpan Block = TimeSpan.FromMilliseconds(0.5);

    /// <summary>Repeats an operation in blocks of some half a millisecond, few of which are interrupted.</summary>
    /// <returns>The median of the blocks, in microseconds an operation.</returns>
    public static double Microseconds(Action operation)
    {
        for (int i = 0; i < Blocks; i++)
            operation(); // to warm up
        int rounds = 1;
        while (Measure(operation, rounds) < Block)
            rounds *= 2;
        var blocks = new double[Blocks];
        for (int i = 0; i < Blocks; i++)
            blocks[i] = Measure(operation, rounds).TotalMicroseconds / rounds;
        return Sampling.Median(blocks);
    }

    private static TimeSpan Measure(Action operation, int rounds)
    {
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < rounds; i++)
            operation();
        return Stopwatch.GetElapsedTime(start);
    }
}
