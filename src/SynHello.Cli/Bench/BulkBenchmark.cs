using System.Security.Authentication;

namespace SynHello.Cli;

/// <summary>Data one way through one connection.</summary>
internal static class BulkBenchmark
{
    private const int LargestRecord = 1 << 14;

    /// <summary>
    /// The limit is what is left of plain TCP's speed when the bare AEAD takes its time beside it: 1 / (1 / TCP + 1 / AEAD), with the
    /// writes of that size for both, and the AEAD's speed as <see cref="BareCryptography.RecordMicroseconds"/> has it.
    /// </summary>
    public static Func<Sampling, Task<BenchmarkResult>> Of(string name, int writeSize) => async sampling =>
    {
        var kind = new HandshakeKind(SslProtocols.Tls13);
        await using var synHello = new SynHelloLoopback(kind);
        await using var sslStream = new SslStreamLoopback(kind);
        await using var plain = new PlainLoopback();
        List<double>[] speeds = await sampling.InterleaveAsync<LoopbackContestant, double>(
            [synHello, sslStream, plain],
            isShort: true,
            contestant => BulkTransfer.MeasureAsync(contestant, writeSize, sampling.CancellationToken));
        int record = Math.Min(writeSize, LargestRecord);
        double microsecondsPerByte = (1 / Sampling.Median(speeds[2])) + (BareCryptography.RecordMicroseconds(record) / record);
        return new BenchmarkResult(
            name, "MB/s", Sampling.Median(speeds[0]), "SslStream", Sampling.Median(speeds[1]), 1 / microsecondsPerByte);
    };
}
