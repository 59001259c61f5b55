using System.Diagnostics;
using System.Runtime;

using SynHello.Lab;

namespace SynHello.Cli.Race;

/// <summary>
/// Runs the race: every scheme on a wire of its own, all wires equal, the runs of the schemes in turn, so that whatever
/// else the machine does meanwhile meets them all alike.
/// </summary>
internal static class Racecourse
{
    private const int FastOpenForBoth = 3;

    /// <summary>
    /// Rehearsals of each scheme over short wires. The runtime compiles a method for speed after it was called 30
    /// times; what is measured afterwards is the schemes and not the compiler.
    /// </summary>
    private const int Rehearsals = 100;

    /// <summary>
    /// Visits of each scheme over its own wire before the first that counts; returning visitors get their cookie and
    /// their tickets there.
    /// </summary>
    private const int EarlierVisits = 2;

    /// <summary>Long enough that everything is waited for, as in the race.</summary>
    private static readonly TimeSpan RehearsalRoundTrip = TimeSpan.FromMilliseconds(1);

    /// <summary>
    /// A run during which a processor stood still for longer than this tells no time of either stack, and is made
    /// again: on a virtual machine its host may take the processors away for many milliseconds. What is looked at is
    /// the machine, never the run's time; and no more runs are made again than were asked for.
    /// </summary>
    private static readonly TimeSpan ToleratedStall = TimeSpan.FromMilliseconds(1);

    /// <summary>Runs it.</summary>
    /// <param name="options">What kind of race.</param>
    /// <param name="progress">Is told how much is done, 0 to 1.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="RaceException">A connection failed.</exception>
    public static async Task<RaceResult> RunAsync(
        RaceOptions options, IProgress<RaceStage> progress, CancellationToken cancellationToken)
    {
        NetworkNamespace.BringLoopbackUp();
        NetworkNamespace.SetFastOpen(FastOpenForBoth);
        using var identity = RaceIdentity.Create(options.Certificate);
        await RehearseAsync(identity, progress, cancellationToken);

        List<RaceLane> lanes = [];
        GCLatencyMode before = GCSettings.LatencyMode;
        try
        {
            foreach (RaceScheme scheme in RaceScheme.All)
                lanes.Add(RaceLane.Start(scheme, identity, lanes.Count, options.RoundTrip));
            for (int i = 0; i < EarlierVisits; i++)
            {
                foreach (RaceLane lane in lanes)
                    await lane.WarmUpAsync(cancellationToken);
            }

            GCSettings.LatencyMode = GCLatencyMode.SustainedLowLatency;
            DateTimeOffset startedAt = TimeProvider.System.GetUtcNow();
            long startTimestamp = Stopwatch.GetTimestamp();
            using var watch = StallWatch.Start(ToleratedStall);
            int done = 0;
            int repeats = options.Runs * lanes.Count;
            for (int run = 0; run < options.Runs; run++)
            {
                foreach (RaceLane lane in lanes)
                {
                    progress.Report(new RaceStage(lane.Scheme.Name, done++, options.Runs * lanes.Count));
                    do
                        Prepare();
                    while (await lane.MeasureAsync(watch, mayRepeat: repeats > 0, cancellationToken) && repeats-- > 0);
                }
            }

            return new RaceResult(options, identity.ChainLength, startedAt, [.. lanes.Select(lane => lane.ToRow(startTimestamp))]);
        }
        finally
        {
            GCSettings.LatencyMode = before;
            foreach (RaceLane lane in lanes)
                await lane.DisposeAsync();
        }
    }

    private static void Prepare()
    {
        // Each time, because the runtime starts threads when it likes. Where it is refused, the milliseconds tell of
        // the machine's other programs too; the counts do not change.
        _ = RealTimePriority.TryApplyToProcess();

        // A collection would stop both ends and the wire at once, which no real connection meets.
        GC.Collect();
    }

    private static async Task RehearseAsync(
        RaceIdentity identity, IProgress<RaceStage> progress, CancellationToken cancellationToken)
    {
        foreach (RaceScheme scheme in RaceScheme.All)
        {
            progress.Report(new RaceStage("warming up", 0, 1));
            await using RaceLane lane = RaceLane.Start(scheme, identity, number: 100, RehearsalRoundTrip);
            for (int i = 0; i < Rehearsals; i++)
                await lane.WarmUpAsync(cancellationToken);
        }
    }
}
