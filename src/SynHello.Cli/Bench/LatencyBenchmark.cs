using System.Security.Authentication;

namespace SynHello.Cli;

/// <summary>A request of 100 bytes and a response of 1,000, again and again on one connection.</summary>
internal static class LatencyBenchmark
{
    public static async Task<BenchmarkResult> MeasureAsync(Sampling sampling)
    {
        var kind = new HandshakeKind(SslProtocols.Tls13);
        await using var synHello = new RoundTrips(new SynHelloLoopback(kind));
        await using var sslStream = new RoundTrips(new SslStreamLoopback(kind));
        await using var plain = new RoundTrips(new PlainLoopback());
        List<double>[] times = await sampling.InterleaveAsync<RoundTrips, double>(
            [synHello, sslStream, plain],
            isShort: true,
            contestant => contestant.MeasureAsync(sampling.CancellationToken));
        return new BenchmarkResult(
            "request-latency",
            "us",
            Sampling.Median(times[0]),
            "SslStream",
            Sampling.Median(times[1]),
            Sampling.Median(times[2]));
    }
}
