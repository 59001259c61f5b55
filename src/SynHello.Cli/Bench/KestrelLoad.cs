using System.Diagnostics;
using System.Net.Sockets;
using System.Text;

namespace SynHello.Cli;

/// <summary>
/// A load of HTTP/1.1 requests on <see cref="KestrelBenchServer"/>, sixteen at a time, over the same client whatever the server is.
/// </summary>
/// <param name="server">The server.</param>
/// <param name="client">What connects; null over plain TCP.</param>
/// <param name="kind">Which load.</param>
internal sealed class KestrelLoad(ServerProcess server, SecureClient? client, KestrelLoadKind kind) : PairContestant
{
    private const int Visitors = 16, ClosingBatch = 50, KeptBatch = 1000;

    private static readonly byte[] ClosingRequest = "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"u8.ToArray();
    private static readonly byte[] KeptRequest = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"u8.ToArray();

    private readonly List<Stream> _kept = [];
    private bool _isPrepared;

    /// <returns>The CPU time of the server's process a request, and requests a second.</returns>
    public async Task<PairFigures> MeasureAsync(CancellationToken cancellationToken)
    {
        int each = kind == KestrelLoadKind.KeepAlive ? KeptBatch : ClosingBatch;
        TimeSpan before = server.CpuTime;
        long start = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, Visitors).Select(visitor => Task.Run(
            async () =>
            {
                for (int i = 0; i < each; i++)
                {
                    if (kind == KestrelLoadKind.KeepAlive)
                        await RequestAsync(_kept[visitor], KeptRequest, cancellationToken);
                    else
                        await ConnectAndCloseAsync(cancellationToken);
                }
            },
            cancellationToken)));
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        int requests = Visitors * each;
        return new PairFigures((server.CpuTime - before).TotalMicroseconds / requests, requests / seconds);
    }

    /// <summary>Opens the connections that are kept, or gets each visitor a session to resume.</summary>
    public override async Task PrepareAsync(CancellationToken cancellationToken)
    {
        if (kind == KestrelLoadKind.KeepAlive)
        {
            for (int i = 0; i < Visitors; i++)
                _kept.Add(await ConnectAsync(cancellationToken));
        }
        else
        {
            await Task.WhenAll(Enumerable.Range(0, Visitors).Select(_ => ConnectAndCloseAsync(cancellationToken)));
        }

        _isPrepared = true;
    }

    public override async Task ConnectAndCloseAsync(CancellationToken cancellationToken)
    {
        await using Stream stream = await ConnectAsync(cancellationToken);
        if (stream is SecureStream secure && _isPrepared)
            Require(secure.Report.IsResumed == (kind == KestrelLoadKind.CloseResumed), "a session is resumed where that is measured only");
        await RequestAsync(stream, ClosingRequest, cancellationToken);
        try
        {
            Require(await stream.ReadAsync(new byte[1], cancellationToken) == 0, "the server closes it");
        }
        catch (IOException)
        {
            // SslStream's server ends TCP without close_notify.
        }
    }

    public override async ValueTask DisposeAsync()
    {
        foreach (Stream stream in _kept)
            await stream.DisposeAsync();
    }

    private static async Task RequestAsync(Stream stream, byte[] request, CancellationToken cancellationToken)
    {
        await stream.WriteAsync(request, cancellationToken);
        byte[] response = new byte[2 * KestrelBenchServer.BodyLength];
        int length = 0, end = -1;
        while (end < 0 || length < end + KestrelBenchServer.BodyLength)
        {
            int count = await stream.ReadAsync(response.AsMemory(length), cancellationToken);
            Require(count > 0, "a response comes");
            length += count;
            end = response.AsSpan(0, length).IndexOf("\r\n\r\n"u8) is >= 0 and var head ? head + 4 : -1;
        }

        Require(
            length == end + KestrelBenchServer.BodyLength && response.AsSpan().StartsWith("HTTP/1.1 200"u8),
            $"a response is {Encoding.ASCII.GetString(response, 0, Math.Max(0, end))}");
    }

    private async Task<Stream> ConnectAsync(CancellationToken cancellationToken)
    {
        if (client is not null)
            return await client.ConnectAsync(server.EndPoint, Host, cancellationToken);
        var socket = new Socket(server.EndPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(server.EndPoint, cancellationToken);
        return new NetworkStream(socket, ownsSocket: true);
    }
}
