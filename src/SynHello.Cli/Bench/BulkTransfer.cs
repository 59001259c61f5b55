using System.Diagnostics;

namespace SynHello.Cli;

/// <summary>Data one way through one connection.</summary>
internal static class BulkTransfer
{
    private const int Total = 64 << 20;
    private const int ReadSize = 64 * 1024;

    /// <summary>Transfers 64 MiB.</summary>
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
        long start = Stopwatch.GetTimestamp();
        Task writing = Task.Run(
            async () =>
            {
                byte[] data = new byte[writeSize];
                for (int sent = 0; sent < Total; sent += writeSize)
                    await writer.WriteAsync(data, cancellationToken);
                await writer.FlushAsync(cancellationToken);
            },
            cancellationToken);
        byte[] buffer = new byte[ReadSize];
        for (int received = 0; received < Total;)
        {
            int count = await reader.ReadAsync(buffer, cancellationToken);
            if (count == 0)
                throw new EndOfStreamException();
            received += count;
        }

        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        await writing;
        return Total / 1e6 / seconds;
    }
}
