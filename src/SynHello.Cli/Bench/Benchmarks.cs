using System.Diagnostics;
using System.Runtime;
using System.Security.Authentication;

namespace SynHello.Cli;

/// <summary>What can be measured, and how: samples of the contestants interleaved, their medians compared.</summary>
internal static class Benchmarks
{
    /// <summary>
    /// Rounds of connections before the first that counts, at the least. The runtime compiles a method for speed in the background,
    /// some time after it was called 30 times, and once more with what it has learned; measured too early, a stack whose code comes
    /// compiled looks better, as no server does that has run for a minute.
    /// </summary>
    private const int ConnectionWarmUp = 100;

    /// <summary>Warming up ends at the latest then.</summary>
    private const int MostWarmUp = 800;

    /// <summary>It ends when so many rounds have compiled fewer methods than there were rounds.</summary>
    private const int QuietRounds = 20;

    /// <summary>The same of bulk data, where few methods do nearly all, and of a quick look.</summary>
    private const int ShortWarmUp = 16;

    public static IReadOnlyList<string> Names { get; } =
    [
        "tls13-full-pair",
        "tls13-resumed-pair",
        "tls13-early-data-pair",
        "tls12-full-pair",
        "tls12-resumed-pair",
        "tls13-full-pair-memory",
        "tls13-resumed-pair-memory",
        "tls13-verified-pair-memory",
        "tls12-full-pair-memory",
        "tls12-resumed-pair-memory",
        "bulk-1m",
        "bulk-16k",
    ];

    /// <summary>Runs one benchmark, or all of them.</summary>
    /// <param name="only">The one; null for all.</param>
    /// <param name="quick">Whether fewer samples do.</param>
    /// <param name="announce">Is told each name before it is measured.</param>
    /// <param name="cancellationToken">Ends the run.</param>
    /// <exception cref="CommandFailure">A connection was not what was to be measured.</exception>
    public static async Task<IReadOnlyList<BenchmarkResult>> RunAsync(
        string? only, bool quick, Action<string> announce, CancellationToken cancellationToken)
    {
        var results = new List<BenchmarkResult>();
        foreach (string name in Names)
        {
            if (only is not null && only != name)
                continue;
            announce(name);
            results.Add(await RunAsync(name, quick, cancellationToken));
        }

        return results;
    }

    private static async Task<BenchmarkResult> RunAsync(string name, bool quick, CancellationToken cancellationToken)
    {
        int samples = quick ? 7 : 31;
        int connectionWarmUp = quick ? ShortWarmUp : ConnectionWarmUp;
        const int OverLoopback = 25;
        const int InMemory = 50;
        bool resumes = name.Contains("-resumed", StringComparison.Ordinal);
        bool isTls12 = name.StartsWith("tls12-", StringComparison.Ordinal);
        SslProtocols protocol = isTls12 ? SslProtocols.Tls12 : SslProtocols.Tls13;
        bool hasEarlyData = name == "tls13-early-data-pair";
        if (name == "tls13-verified-pair-memory")
        {
            await using var engines = new VerifiedEngines();
            List<PairFigures>[] pairs = await InterleaveAsync(
                [engines.Verifying, engines.Trusting],
                connectionWarmUp,
                samples,
                contestant => MeasurePairsAsync(() => contestant.ConnectAndCloseAsync(cancellationToken), InMemory),
                cancellationToken);
            return PairResult(name, pairs, BareMicroseconds(resumes, isTls12)) with { Peer = "unverified" };
        }

        if (name.EndsWith("-pair-memory", StringComparison.Ordinal))
        {
            await using var engines = new EnginesInMemory(resumes, isTls12: isTls12);
            await using var sslStreams = new SslStreamInMemory(resumes, protocol);
            List<PairFigures>[] pairs = await InterleaveAsync<PairContestant, PairFigures>(
                [engines, sslStreams],
                connectionWarmUp,
                samples,
                contestant => MeasurePairsAsync(() => contestant.ConnectAndCloseAsync(cancellationToken), InMemory),
                cancellationToken);
            return PairResult(name, pairs, BareMicroseconds(resumes, isTls12));
        }

        await using var synHello = new SynHelloLoopback(resumes || hasEarlyData, hasEarlyData, protocol);
        await using var sslStream = new SslStreamLoopback(resumes || hasEarlyData, protocol);
        await using var plain = new PlainLoopback();
        LoopbackContestant[] contestants = [synHello, sslStream, plain];
        if (name is "bulk-1m" or "bulk-16k")
        {
            int writeSize = name == "bulk-1m" ? 1 << 20 : 1 << 14;
            List<double>[] speeds = await InterleaveAsync(
                contestants,
                ShortWarmUp,
                samples,
                contestant => BulkTransfer.MeasureAsync(contestant, writeSize, cancellationToken),
                cancellationToken);
            return new BenchmarkResult(
                name, "MB/s", Median(speeds[0]), "SslStream", Median(speeds[1]), Median(speeds[2]));
        }

        List<PairFigures>[] figures = await InterleaveAsync(
            contestants,
            connectionWarmUp,
            samples,
            contestant => MeasurePairsAsync(
                () => name switch
                {
                    "tls13-resumed-pair" or "tls12-resumed-pair" => contestant.VisitAndCloseAsync(cancellationToken),
                    "tls13-early-data-pair" => contestant.ExchangeAndCloseAsync(cancellationToken),
                    _ => contestant.ConnectAndCloseAsync(cancellationToken),
                },
                OverLoopback),
            cancellationToken);
        double plainTcp = Median(figures[2].Select(figure => figure.Cpu));
        return PairResult(name, figures, plainTcp + BareMicroseconds(resumes || hasEarlyData, isTls12));
    }

    private static BenchmarkResult PairResult(string name, List<PairFigures>[] figures, double limit) => new(
        name,
        "cpu-us",
        Median(figures[0].Select(figure => figure.Cpu)),
        "SslStream",
        Median(figures[1].Select(figure => figure.Cpu)),
        limit)
    {
        SynhelloPerSecond = Median(figures[0].Select(figure => figure.Rate)),
        PeerPerSecond = Median(figures[1].Select(figure => figure.Rate)),
    };

    /// <summary>In TLS 1.2 a resumed session agrees on nothing anew: no public-key operation is left.</summary>
    private static double BareMicroseconds(bool resumes, bool isTls12) =>
        !resumes ? BareCryptography.HandshakePairMicroseconds()
        : isTls12 ? 0
        : BareCryptography.ResumptionPairMicroseconds();

    private static async Task<PairFigures> MeasurePairsAsync(Func<Task> connection, int batch)
    {
        TimeSpan cpu = Environment.CpuUsage.TotalTime;
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < batch; i++)
            await connection();
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        return new PairFigures((Environment.CpuUsage.TotalTime - cpu).TotalMicroseconds / batch, batch / seconds);
    }

    /// <summary>
    /// Rounds of every contestant to warm up, until the runtime has compiled what it will, then the samples in turn, so that drift meets
    /// all of them alike.
    /// </summary>
    private static async Task<List<TFigure>[]> InterleaveAsync<TContestant, TFigure>(
        TContestant[] contestants,
        int warmUp,
        int samples,
        Func<TContestant, Task<TFigure>> measure,
        CancellationToken cancellationToken)
        where TContestant : PairContestant
    {
        List<TFigure>[] figures = [.. contestants.Select(_ => new List<TFigure>())];
        foreach (TContestant contestant in contestants)
            await contestant.PrepareAsync(cancellationToken);
        await WarmUpAsync(contestants, warmUp, measure);
        for (int round = 0; round < samples; round++)
        {
            for (int i = 0; i < contestants.Length; i++)
                figures[i].Add(await measure(contestants[i]));
        }

        return figures;
    }

    private static async Task WarmUpAsync<TContestant, TFigure>(
        TContestant[] contestants, int least, Func<TContestant, Task<TFigure>> measure)
    {
        int most = least < ConnectionWarmUp ? least : MostWarmUp;
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

    private static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        int middle = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    /// <param name="Cpu">CPU time of the process in microseconds a connection.</param>
    /// <param name="Rate">Connections a second, one after the other.</param>
    private readonly record struct PairFigures(double Cpu, double Rate);
}
