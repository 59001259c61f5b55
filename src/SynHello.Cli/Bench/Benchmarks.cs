using System.Diagnostics;

namespace SynHello.Cli;

/// <summary>What can be measured, and how: samples of the contestants interleaved, their medians compared.</summary>
internal static class Benchmarks
{
    public static IReadOnlyList<string> Names { get; } = ["tls13-full-pair", "bulk-1m", "bulk-16k"];

    public static async Task<IReadOnlyList<BenchmarkResult>> RunAsync(
        string? only,
        bool quick,
        Action<string> announce,
        CancellationToken cancellationToken)
    {
        int samples = quick ? 7 : 31;
        var results = new List<BenchmarkResult>();
        await using var synHello = new SynHelloLoopback();
        await using var sslStream = new SslStreamLoopback();
        await using var plain = new PlainLoopback();
        foreach (string name in Names)
        {
            if (only is not null && only != name)
                continue;
            announce(name);
            results.Add(name switch
            {
                "tls13-full-pair" => await HandshakesAsync(name, samples, synHello, sslStream, plain, cancellationToken),
                "bulk-1m" => await BulkAsync(name, samples, 1 << 20, synHello, sslStream, plain, cancellationToken),
                "bulk-16k" => await BulkAsync(name, samples, 1 << 14, synHello, sslStream, plain, cancellationToken),
                _ => throw new UnreachableException(),
            });
        }

        return results;
    }

    private static async Task<BenchmarkResult> HandshakesAsync(
        string name,
        int samples,
        LoopbackContestant synHello,
        LoopbackContestant sslStream,
        LoopbackContestant plain,
        CancellationToken cancellationToken)
    {
        const int Batch = 25;
        async Task<(double Cpu, double Rate)> Measure(LoopbackContestant contestant)
        {
            TimeSpan cpu = Environment.CpuUsage.TotalTime;
            long start = Stopwatch.GetTimestamp();
            for (int i = 0; i < Batch; i++)
                await contestant.ConnectAndCloseAsync(cancellationToken);
            double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
            return ((Environment.CpuUsage.TotalTime - cpu).TotalMicroseconds / Batch, Batch / seconds);
        }

        LoopbackContestant[] contestants = [synHello, sslStream, plain];
        List<(double Cpu, double Rate)>[] figures = await InterleaveAsync(contestants, samples, Measure);
        return new BenchmarkResult(
            name,
            "cpu-us",
            Median(figures[0].Select(figure => figure.Cpu)),
            "SslStream",
            Median(figures[1].Select(figure => figure.Cpu)),
            Median(figures[2].Select(figure => figure.Cpu)) + BareCryptography.HandshakePairMicroseconds())
        {
            SynhelloPerSecond = Median(figures[0].Select(figure => figure.Rate)),
            PeerPerSecond = Median(figures[1].Select(figure => figure.Rate)),
        };
    }

    private static async Task<BenchmarkResult> BulkAsync(
        string name,
        int samples,
        int writeSize,
        LoopbackContestant synHello,
        LoopbackContestant sslStream,
        LoopbackContestant plain,
        CancellationToken cancellationToken)
    {
        const int Total = 64 << 20;
        LoopbackContestant[] contestants = [synHello, sslStream, plain];
        List<double>[] figures = await InterleaveAsync(contestants, samples, async contestant =>
        {
            (Stream writer, Stream reader) = await contestant.ConnectAsync(cancellationToken);
            await using (writer)
            await using (reader)
                return await TransferAsync(writer, reader, writeSize, Total, cancellationToken);
        });
        return new BenchmarkResult(name, "MB/s", Median(figures[0]), "SslStream", Median(figures[1]), Median(figures[2]));
    }

    private static async Task<double> TransferAsync(Stream writer, Stream reader, int writeSize, int total, CancellationToken cancellationToken)
    {
        long start = Stopwatch.GetTimestamp();
        Task writing = Task.Run(
            async () =>
            {
                byte[] data = new byte[writeSize];
                for (int sent = 0; sent < total; sent += writeSize)
                    await writer.WriteAsync(data, cancellationToken);
                await writer.FlushAsync(cancellationToken);
            },
            cancellationToken);
        byte[] buffer = new byte[64 * 1024];
        for (int received = 0; received < total;)
        {
            int count = await reader.ReadAsync(buffer, cancellationToken);
            if (count == 0)
                throw new EndOfStreamException();
            received += count;
        }

        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        await writing;
        return total / 1e6 / seconds;
    }

    /// <summary>
    /// A round of every contestant to warm up, then the samples in turn, so that drift meets all of them alike.
    /// </summary>
    private static async Task<List<T>[]> InterleaveAsync<T>(LoopbackContestant[] contestants, int samples, Func<LoopbackContestant, Task<T>> measure)
    {
        const int WarmUp = 16;
        List<T>[] figures = [.. contestants.Select(_ => new List<T>())];
        for (int round = -WarmUp; round < samples; round++)
        {
            for (int i = 0; i < contestants.Length; i++)
            {
                T figure = await measure(contestants[i]);
                if (round >= 0)
                    figures[i].Add(figure);
            }
        }

        return figures;
    }

    private static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        int middle = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
