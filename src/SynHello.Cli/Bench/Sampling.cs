using System.Diagnostics;
using System.Runtime;

namespace SynHello.Cli;

/// <summary>How samples are taken: of all contestants in turn, so that drift meets all of them alike, after they have warmed up.</summary>
/// <param name="effort">How many samples.</param>
/// <param name="cancellationToken">Ends the run.</param>
internal sealed class Sampling(Effort effort, CancellationToken cancellationToken)
{
    /// <summary>Warming up ends when so many rounds have compiled fewer methods than there were rounds.</summary>
    private const int QuietRounds = 5;

    /// <summary>It ends at the latest after so many times the rounds that it takes at the least.</summary>
    private const int LongestWarmUp = 4;

    public Effort Effort => effort;

    public CancellationToken CancellationToken => cancellationToken;

    public static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        int middle = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    /// <summary>Measures connections that are set up and taken down again.</summary>
    /// <param name="contestants">What is measured in turn.</param>
    /// <param name="connect">Makes one connection.</param>
    /// <param name="batch">How many are a sample.</param>
    /// <returns>The samples of each contestant.</returns>
    public Task<List<PairFigures>[]> ConnectAsync<TContestant>(
        TContestant[] contestants, Func<TContestant, Task> connect, int batch)
        where TContestant : PairContestant =>
        InterleaveAsync(contestants, isShort: false, async contestant =>
        {
            // What the one before has left to the collector and the finalizer is not this one's to pay for.
            GC.Collect();
            GC.WaitForPendingFinalizers();
            TimeSpan cpu = Environment.CpuUsage.TotalTime;
            long start = Stopwatch.GetTimestamp();
            for (int i = 0; i < batch; i++)
                await connect(contestant);
            double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
            return new PairFigures((Environment.CpuUsage.TotalTime - cpu).TotalMicroseconds / batch, batch / seconds);
        });

    /// <summary>Prepares the contestants, lets them warm up, and takes the samples.</summary>
    /// <param name="contestants">What is measured in turn.</param>
    /// <param name="isShort">Whether a short warm-up does: few methods do nearly all.</param>
    /// <param name="measure">Takes a sample of one.</param>
    /// <returns>The samples of each contestant.</returns>
    public async Task<List<TFigure>[]> InterleaveAsync<TContestant, TFigure>(
        TContestant[] contestants, bool isShort, Func<TContestant, Task<TFigure>> measure)
        where TContestant : PairContestant
    {
        List<TFigure>[] figures = [.. contestants.Select(_ => new List<TFigure>())];
        foreach (TContestant contestant in contestants)
            await contestant.PrepareAsync(cancellationToken);
        await WarmUpAsync(contestants, isShort ? effort.ShortWarmUp : effort.LongWarmUp, measure);
        for (int round = 0; round < effort.Samples; round++)
        {
            for (int i = 0; i < contestants.Length; i++)
                figures[i].Add(await measure(contestants[i]));
        }

        return figures;
    }

    private static async Task WarmUpAsync<TContestant, TFigure>(
        TContestant[] contestants, int least, Func<TContestant, Task<TFigure>> measure)
    {
        int most = least > Effort.Quick.LongWarmUp ? LongestWarmUp * least : least;
        long compiled = 0;
        for (int round = 1; round <= most; round++)
        {
            foreach (TContestant contestant in contestants)
                await measure(contestant);
            if (round % QuietRounds != 0)
                continue;
            long before = compiled;
            compiled = JitInfo.GetCompiledMethodCount();
            if (round >= least && compiled - before < QuietRounds)
                return;
        }
    }
}
