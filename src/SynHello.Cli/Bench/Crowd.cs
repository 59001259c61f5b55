using System.Net.Sockets;
using System.Security.Authentication;

using SynHello.Sockets;

namespace SynHello.Cli;

/// <summary>Many clients of one server: each says something, and then nothing more.</summary>
/// <param name="server">The server.</param>
/// <param name="isPlain">Whether it speaks plain TCP.</param>
/// <param name="isAfterBulk">Whether what each says is 256 KB; 100 bytes otherwise.</param>
internal sealed class Crowd(ServerProcess server, bool isPlain, bool isAfterBulk)
{
    private const int AtATime = 16;
    private const int MostWarmUp = 200;
    private const int Bulk = 256 * 1024;
    private const int Little = 100;
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(2);

    private readonly SecureClient _client = new(new SecureClientOptions
    {
        CertificateChainPolicy = BenchIdentity.Ecdsa.CreateChainPolicy(),
        FastOpen = FastOpenMode.Off,
        EnabledSslProtocols = SslProtocols.Tls13,
        AllowResumption = false,
    });

    /// <summary>Measures the server before the clients come and when they are all there and silent.</summary>
    /// <returns>The difference, in bytes a connection.</returns>
    public async Task<double> MeasureAsync(int connections, CancellationToken cancellationToken)
    {
        await GatherAndLeaveAsync(Math.Min(connections, MostWarmUp), _ => Task.CompletedTask, cancellationToken);
        await Task.Delay(Rest, cancellationToken);
        long before = await server.MeasureMemoryAsync(cancellationToken), after = 0;
        await GatherAndLeaveAsync(
            connections,
            async token =>
            {
                await Task.Delay(Rest, token);
                after = await server.MeasureMemoryAsync(token);
            },
            cancellationToken);
        return (after - before) / (double)connections;
    }

    private async Task GatherAndLeaveAsync(
        int connections, Func<CancellationToken, Task> whileThere, CancellationToken cancellationToken)
    {
        var streams = new Stream?[connections];
        try
        {
            await Parallel.ForAsync(
                0,
                connections,
                new ParallelOptions { MaxDegreeOfParallelism = AtATime, CancellationToken = cancellationToken },
                async (i, token) => await SayAsync(streams[i] = await ConnectAsync(token), token));
            await whileThere(cancellationToken);
        }
        finally
        {
            foreach (Stream? stream in streams)
            {
                if (stream is SecureStream secure)
                    secure.Abort();
                else if (stream is not null)
                    await stream.DisposeAsync();
            }
        }
    }

    private async Task<Stream> ConnectAsync(CancellationToken cancellationToken)
    {
        if (!isPlain)
            return await _client.ConnectAsync(server.EndPoint, PairContestant.Host, cancellationToken);
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(server.EndPoint, cancellationToken);
        return new NetworkStream(socket, ownsSocket: true);
    }

    private async Task SayAsync(Stream stream, CancellationToken cancellationToken)
    {
        byte[] data = new byte[isAfterBulk ? Bulk : Little], echo = new byte[16 * 1024];
        ValueTask writing = stream.WriteAsync(data, cancellationToken);
        for (int left = data.Length; left > 0;)
        {
            int count = await stream.ReadAsync(echo, cancellationToken);
            if (count == 0)
                throw new CommandFailure("the server of the benchmark has ended a connection.");
            left -= count;
        }

        await writing;
    }
}
