namespace SynHello.Cli;

/// <summary>What can be measured: samples of the contestants interleaved, their medians compared.</summary>
internal static class Benchmarks
{
    private static readonly string[] Handshakes =
    [
        "tls13-full", "tls13-resumed", "tls13-rsa-full", "tls12-full", "tls12-resumed", "tls12-rsa-full",
    ];

    private static readonly (string Name, int WriteSize)[] WriteSizes =
    [
        ("1m", 1 << 20), ("16k", 1 << 14), ("4k", 1 << 12), ("1k", 1 << 10), ("100b", 100), ("1b", 1),
    ];

    private static readonly (string Name, KestrelLoadKind Kind)[] KestrelLoads =
    [
        ("kestrel-close", KestrelLoadKind.Close),
        ("kestrel-close-resumed", KestrelLoadKind.CloseResumed),
        ("kestrel-keep-alive", KestrelLoadKind.KeepAlive),
    ];

    private static readonly Benchmark[] All =
    [
        .. Handshakes.Select(name => new Benchmark($"{name}-pair", HandshakeBenchmarks.PairOverLoopback($"{name}-pair"))),
        new Benchmark("tls13-early-data-pair", HandshakeBenchmarks.EarlyDataPairAsync),
        .. Handshakes.Select(name => new Benchmark($"{name}-pair-memory", HandshakeBenchmarks.PairInMemory($"{name}-pair-memory"))),
        new Benchmark("tls13-verified-pair-memory", HandshakeBenchmarks.VerifiedPairAsync),
        .. Handshakes.Select(name => new Benchmark(
            $"{name}-client-memory", HandshakeBenchmarks.SideInMemory($"{name}-client-memory", isServer: false))),
        new Benchmark("tls13-verified-client-memory", HandshakeBenchmarks.VerifiedClientAsync),
        .. Handshakes.Select(name => new Benchmark(
            $"{name}-server-memory", HandshakeBenchmarks.SideInMemory($"{name}-server-memory", isServer: true))),
        new Benchmark("tls13-full-server", ServerBenchmark.BesideNginxAsync),
        new Benchmark("tls13-full-server-openssl", ServerBenchmark.BesideOpensslAsync),
        .. KestrelLoads.Select(load => new Benchmark(load.Name, KestrelBenchmark.Of(load.Name, load.Kind))),
        .. WriteSizes.Select(size => new Benchmark($"bulk-{size.Name}", BulkBenchmark.Of($"bulk-{size.Name}", size.WriteSize))),
        new Benchmark("request-latency", LatencyBenchmark.MeasureAsync),
        new Benchmark("idle-connection-bytes", sampling => IdleBenchmark.MeasureAsync(sampling, isAfterBulk: false)),
        new Benchmark("idle-after-bulk-bytes", sampling => IdleBenchmark.MeasureAsync(sampling, isAfterBulk: true)),
    ];

    public static IReadOnlyList<string> Names { get; } = [.. All.Select(benchmark => benchmark.Name)];

    /// <summary>Runs one benchmark, or all of them.</summary>
    /// <param name="only">The one; null for all.</param>
    /// <param name="effort">How much is measured.</param>
    /// <param name="announce">Is told each name before it is measured.</param>
    /// <param name="leaveOut">Is told what is left out, and why.</param>
    /// <param name="cancellationToken">Ends the run.</param>
    /// <exception cref="CommandFailure">A connection was not what was to be measured.</exception>
    public static async Task<IReadOnlyList<BenchmarkResult>> RunAsync(
        string? only,
        Effort effort,
        Action<string> announce,
        Action<PeerMissingException> leaveOut,
        CancellationToken cancellationToken)
    {
        var sampling = new Sampling(effort, cancellationToken);
        var results = new List<BenchmarkResult>();
        foreach (Benchmark benchmark in All)
        {
            if (only is not null && only != benchmark.Name)
                continue;
            announce(benchmark.Name);
            try
            {
                results.Add(await benchmark.MeasureAsync(sampling));
            }
            catch (PeerMissingException missing)
            {
                leaveOut(missing);
            }
        }

        return results;
    }
}
