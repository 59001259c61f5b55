using System.Diagnostics;

namespace SynHello.Cli;

/// <summary>Data one way through one connection.</summary>
internal static class BulkTransfer
{
    /// <summary>The most that is transferred, and the most writes that it is transferred with.</summary>
    private const int MostBytes = 64 << 20, MostWrites = 1 << 15;

    private const int ReadSize = 64 * 1024;

    /// <summary>Transfers 64 MiB, or as much as 32,768 writes make.</summary>
    /// <returns>The speed in MB/s.</returns>
    public static async Task<double> MeasureAsync(
        LoopbackContestant contestant, int writeSize, CancellationToken cancellationToken)
    {
        (Stream writer, Stream reader) = await contestant.ConnectAsync(cancellationToken);
        await using (writer)
        await using (reader)
            return await TransferAsync(writer, reader, writeSize, cancellationToken);
    }

    private static async Task<double> TransferAsync(
        Stream writer, Stream reader, int writeSize, CancellationToken cancellationToken)
    {
        int total = (int)Math.Min(MostBytes, (long)MostWrites * writeSize);
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
        byte[] buffer = new byte[ReadSize];
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
}
