using System.Buffers;

namespace SynHello.Cli;

/// <summary>
/// Sends back what it is sent, on each connection. A connection at rest waits with an empty read and holds no buffer of the
/// application's, as Kestrel's do.
/// </summary>
internal abstract class EchoServer : BenchServer
{
    private const int BufferSize = 16 * 1024;

    /// <summary>Serves a connection to its end.</summary>
    protected static async Task EchoAsync(Stream stream)
    {
        try
        {
            await using (stream)
            {
                while (true)
                {
                    _ = await stream.ReadAsync(Memory<byte>.Empty);
                    byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
                    try
                    {
                        int count = await stream.ReadAsync(buffer);
                        if (count == 0)
                            return;
                        await stream.WriteAsync(buffer.AsMemory(0, count));
                    }
                    finally
                    {
                        ArrayPool<byte>.Shared.Return(buffer);
                    }
                }
            }
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException)
        {
            // The client is gone.
        }
    }
}
