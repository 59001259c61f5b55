using System.Security.Authentication;

namespace SynHello.Cli;

/// <summary>Handshakes of both ends, and of each end alone, beside SslStream's.</summary>
internal static class HandshakeBenchmarks
{
    private const string Metric = "cpu-us";
    private const string Peer = "SslStream";

    /// <summary>
    /// Connections a sample: so many that each contestant's sample has its own collections in it, and what it leaves in the caches.
    /// </summary>
    private const int Batch = 200;

    /// <summary>Both ends over loopback: the CPU time of the whole process.</summary>
    public static Func<Sampling, Task<BenchmarkResult>> PairOverLoopback(string name) => sampling =>
    {
        HandshakeKind kind = HandshakeKind.Of(name);
        return MeasureLoopbackAsync(name, sampling, kind, sendsEarlyData: false, contestant => kind.IsResumed
            ? contestant.VisitAndCloseAsync(sampling.CancellationToken)
            : contestant.ConnectAndCloseAsync(sampling.CancellationToken));
    };

    /// <summary>A request and its response: early data beside a resumed session's first data.</summary>
    public static Task<BenchmarkResult> EarlyDataPairAsync(Sampling sampling) => MeasureLoopbackAsync(
        "tls13-early-data-pair",
        sampling,
        new HandshakeKind(SslProtocols.Tls13, IsResumed: true),
        sendsEarlyData: true,
        contestant => contestant.ExchangeAndCloseAsync(sampling.CancellationToken));

    /// <summary>Both ends in memory, without sockets.</summary>
    public static Func<Sampling, Task<BenchmarkResult>> PairInMemory(string name) => async sampling =>
    {
        HandshakeKind kind = HandshakeKind.Of(name);
        await using var engines = new EnginesInMemory(kind);
        await using var sslStreams = new SslStreamInMemory(kind);
        List<PairFigures>[] figures = await sampling.ConnectAsync<PairContestant>(
            [engines, sslStreams], contestant => contestant.ConnectAndCloseAsync(sampling.CancellationToken), Batch);
        return PairResult(name, figures, Peer, BareCryptography.PairMicroseconds(kind));
    };

    /// <summary>What verifying a chain that was verified before adds to a pair.</summary>
    public static async Task<BenchmarkResult> VerifiedPairAsync(Sampling sampling)
    {
        await using var engines = new VerifiedEngines();
        List<PairFigures>[] figures = await sampling.ConnectAsync(
            [engines.Verifying, engines.Trusting],
            contestant => contestant.ConnectAndCloseAsync(sampling.CancellationToken),
            Batch);
        double limit = BareCryptography.PairMicroseconds(new HandshakeKind(SslProtocols.Tls13));
        return PairResult("tls13-verified-pair-memory", figures, "unverified", limit);
    }

    /// <summary>One end in memory: the time of the other one's work does not count.</summary>
    public static Func<Sampling, Task<BenchmarkResult>> SideInMemory(string name, bool isServer) => async sampling =>
    {
        HandshakeKind kind = HandshakeKind.Of(name);
        await using var engines = new EnginesInMemory(kind);
        return await MeasureSideAsync(name, sampling, kind, engines, isServer);
    };

    /// <summary>A client that has verified the server's chain before, in memory.</summary>
    public static async Task<BenchmarkResult> VerifiedClientAsync(Sampling sampling)
    {
        await using var engines = new VerifiedEngines();
        var kind = new HandshakeKind(SslProtocols.Tls13);
        return await MeasureSideAsync("tls13-verified-client-memory", sampling, kind, engines.Verifying, isServer: false);
    }

    private static async Task<BenchmarkResult> MeasureSideAsync(
        string name, Sampling sampling, HandshakeKind kind, EnginesInMemory engines, bool isServer)
    {
        await using var sslStreams = new SslStreamInMemory(kind);
        List<double>[] figures = await sampling.InterleaveAsync<InMemoryContestant, double>(
            [engines, sslStreams],
            isShort: false,
            async contestant =>
            {
                // By the clock, which a connection that is interrupted shows: their median is of those that are not.
                var times = new double[Batch];
                for (int i = 0; i < Batch; i++)
                {
                    contestant.ResetTimes();
                    await contestant.ConnectAndCloseAsync(sampling.CancellationToken);
                    times[i] = (isServer ? contestant.ServerTime : contestant.ClientTime).TotalMicroseconds;
                }

                return Sampling.Median(times);
            });
        double limit = isServer ? BareCryptography.ServerMicroseconds(kind) : BareCryptography.ClientMicroseconds(kind);
        return new BenchmarkResult(
            name, Metric, Sampling.Median(figures[0]), Peer, Sampling.Median(figures[1]), limit);
    }

    private static async Task<BenchmarkResult> MeasureLoopbackAsync(
        string name, Sampling sampling, HandshakeKind kind, bool sendsEarlyData, Func<LoopbackContestant, Task> connect)
    {
        await using var synHello = new SynHelloLoopback(kind, sendsEarlyData);
        await using var sslStream = new SslStreamLoopback(kind);
        await using var plain = new PlainLoopback();
        List<PairFigures>[] figures = await sampling.ConnectAsync<LoopbackContestant>(
            [synHello, sslStream, plain], connect, Batch);
        double plainTcp = Sampling.Median(figures[2].Select(figure => figure.Cpu));
        return PairResult(name, figures, Peer, plainTcp + BareCryptography.PairMicroseconds(kind));
    }

    private static BenchmarkResult PairResult(string name, List<PairFigures>[] figures, string peer, double limit) => new(
        name,
        Metric,
        Sampling.Median(figures[0].Select(figure => figure.Cpu)),
        peer,
        Sampling.Median(figures[1].Select(figure => figure.Cpu)),
        limit)
    {
        SynhelloPerSecond = Sampling.Median(figures[0].Select(figure => figure.Rate)),
        PeerPerSecond = Sampling.Median(figures[1].Select(figure => figure.Rate)),
    };
}
