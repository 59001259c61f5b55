using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Text;

namespace SynHello.Interop.Tests;

/// <summary>A server that answers early requests 425, and notes what reaches it.</summary>
public sealed class HesitantServer : IAsyncDisposable
{
    private readonly SecureListener _listener;
    private readonly bool _keepAlive;
    private readonly int _refusalLength;
    private readonly ConcurrentQueue<string> _requests = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _serving;
    private int _connections;

    /// <param name="endPoint">Where it listens.</param>
    /// <param name="keepAlive">Whether a connection outlives the 425.</param>
    /// <param name="maximumEarlyData">How much early data it takes.</param>
    /// <param name="ticketKeys">Whose tickets it takes; null for its own.</param>
    /// <param name="refusalLength">How many bytes it says that the body of the 425 has: 6 of them come.</param>
    /// <param name="identity">Its certificate; null for a new one.</param>
    public HesitantServer(
        IPEndPoint endPoint,
        bool keepAlive,
        int maximumEarlyData = 16_384,
        SessionTicketKeyRing? ticketKeys = null,
        int refusalLength = 6,
        Identity? identity = null)
    {
        _refusalLength = refusalLength;
        _keepAlive = keepAlive;
        _listener = new SecureListener(new SecureListenerOptions
        {
            ListenEndPoint = endPoint,
            Credentials = [(identity ?? Identity.For(endPoint.Address)).Credential],
            ApplicationProtocols = [SslApplicationProtocol.Http11],
            MaximumEarlyData = maximumEarlyData,
            TicketKeys = ticketKeys,
        });
        _serving = Task.Run(ServeAsync);
    }

    /// <summary>"early" or "late" for each request that was read whole.</summary>
    public IReadOnlyList<string> Requests => [.. _requests];

    public int Connections => Volatile.Read(ref _connections);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _listener.DisposeAsync();
        await _serving;
        _stop.Dispose();
    }

    private async Task ServeAsync()
    {
        try
        {
            while (true)
            {
                await using SecureStream stream = await _listener.AcceptAsync(_stop.Token);
                Interlocked.Increment(ref _connections);
                await ServeAsync(stream);
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or ObjectDisposedException)
        {
            // The end of the test.
        }
    }

    private async Task ServeAsync(SecureStream stream)
    {
        try
        {
            if (await ReadHeadAsync(buffer => stream.ReadEarlyDataAsync(buffer, _stop.Token)))
            {
                _requests.Enqueue("early");
                string close = _keepAlive ? "" : "Connection: close\r\n";
                await WriteAsync(stream, $"HTTP/1.1 425 Too Early\r\n{close}Content-Length: {_refusalLength}\r\n\r\nwait!\n");
                if (!_keepAlive)
                {
                    await stream.CompleteHandshakeAsync(_stop.Token);
                    await stream.ShutdownAsync(_stop.Token);
                    return;
                }
            }

            while (await ReadHeadAsync(buffer => stream.ReadAsync(buffer, _stop.Token)))
            {
                _requests.Enqueue("late");
                await WriteAsync(stream, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndone");
            }
        }
        catch (IOException)
        {
            // The client has what it wanted.
        }
    }

    private static async Task<bool> ReadHeadAsync(Func<Memory<byte>, ValueTask<int>> read)
    {
        var head = new StringBuilder();
        byte[] buffer = new byte[4096];
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            int count = await read(buffer);
            if (count == 0)
                return false;
            head.Append(Encoding.ASCII.GetString(buffer, 0, count));
        }

        return true;
    }

    private static ValueTask WriteAsync(SecureStream stream, string text) => stream.WriteAsync(Encoding.ASCII.GetBytes(text));
}
