using System.Diagnostics;
using System.Net;

using SynHello.Tls;

namespace SynHello.Cli.Race;

/// <summary>A client of one scheme that reads and writes a stream.</summary>
internal abstract class StreamContestant : Contestant
{
    public override async Task<RaceRun> RunAsync(IPEndPoint server, CancellationToken cancellationToken)
    {
        byte[] buffer = new byte[RaceExchange.ResponseLength];
        long start = Stopwatch.GetTimestamp();
        (Stream stream, IPEndPoint client) = await SendAsync(server, RaceExchange.Request, cancellationToken);
        await using (stream)
        {
            int count = await stream.ReadAsync(buffer, cancellationToken);
            TimeSpan firstByte = Stopwatch.GetElapsedTime(start);
            await stream.ReadExactlyAsync(buffer.AsMemory(count), cancellationToken);
            if (count == 0 || !buffer.AsSpan().SequenceEqual(RaceExchange.Response))
                throw new RaceException("a response did not arrive as it was sent.");
            return new RaceRun(client.Port, server.Address, firstByte) { EarlyData = EarlyDataOf(stream) };
        }
    }

    /// <summary>Makes a connection and sends the request on it.</summary>
    /// <returns>The connection, whose handshake is complete, and its client's address.</returns>
    protected abstract ValueTask<(Stream Stream, IPEndPoint Client)> SendAsync(
        IPEndPoint server, ReadOnlyMemory<byte> request, CancellationToken cancellationToken);

    /// <summary>What the connection says of early data.</summary>
    protected abstract EarlyDataStatus EarlyDataOf(Stream stream);
}
