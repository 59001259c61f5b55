using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace SynHello.Interop.Tests;

/// <summary>
/// A relay between one client and a server that holds back what the client says behind its early data, until it is told
/// to let it go: the end of the handshake then comes exactly when a test wants it. It reads the records' headers alone.
/// </summary>
public sealed class HeldFinish : IAsyncDisposable
{
    /// <summary>RFC 8446 section 5.1.</summary>
    private const int HeaderSize = 5, ApplicationData = 23;

    private readonly TcpListener _listener;
    private readonly IPEndPoint _server;
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _letGo = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _answering = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly bool _holdsAnswer;
    private readonly Task _relaying;

    /// <param name="endPoint">Where the client comes.</param>
    /// <param name="server">Where the server is.</param>
    /// <param name="holdsAnswer">
    /// Whether the server's answer is held back too, but for what makes the client end the handshake, until it has.
    /// </param>
    public HeldFinish(IPEndPoint endPoint, IPEndPoint server, bool holdsAnswer = false)
    {
        _server = server;
        _holdsAnswer = holdsAnswer;
        _listener = new TcpListener(endPoint);
        _listener.Start();
        _relaying = Task.Run(RelayAsync);
    }

    /// <summary>Completes when the server has begun to answer: it has the early data then.</summary>
    public Task Answering => _answering.Task.WaitAsync(ChildProcess.Patience);

    /// <summary>Lets the client's last flight through.</summary>
    public void LetGo() => _letGo.TrySetResult();

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _relaying.ContinueWith(_ => { }, TaskScheduler.Default); // broken connections are what tests are about
        _stop.Dispose();
    }

    private async Task RelayAsync()
    {
        using Socket client = await _listener.AcceptSocketAsync(_stop.Token);
        using var server = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        server.NoDelay = true;
        if (_holdsAnswer)
            server.ReceiveBufferSize = 4096; // most of the answer has to stay with the server
        await server.ConnectAsync(_server, _stop.Token);
        var first = new List<byte>();
        byte[] record;
        do
        {
            record = await ReadRecordAsync(client);
            first.AddRange(record);
        }
        while (record[0] != ApplicationData); // the ClientHello, change_cipher_spec, and one record of early data

        await server.SendAsync(first.ToArray(), _stop.Token);
        Task? back = _holdsAnswer ? null : CopyAsync(server, client);
        await _letGo.Task.WaitAsync(_stop.Token);
        if (_holdsAnswer)
        {
            await CopyOnceAsync(server, client);
            await CopyOnceAsync(client, server);
        }

        await Task.WhenAll(back ?? CopyAsync(server, client), CopyAsync(client, server));
    }

    private async Task CopyOnceAsync(Socket from, Socket to)
    {
        byte[] buffer = new byte[4096];
        int count = await from.ReceiveAsync(buffer, _stop.Token);
        await to.SendAsync(buffer.AsMemory(0, count), _stop.Token);
    }

    private async Task CopyAsync(Socket from, Socket to)
    {
        byte[] buffer = new byte[1 << 16];
        while (await from.ReceiveAsync(buffer, _stop.Token) is > 0 and int count)
        {
            _answering.TrySetResult(); // nothing else is copied before that
            await to.SendAsync(buffer.AsMemory(0, count), _stop.Token);
        }

        to.Shutdown(SocketShutdown.Send);
    }

    private async Task<byte[]> ReadRecordAsync(Socket client)
    {
        byte[] header = new byte[HeaderSize];
        await ReadAsync(client, header);
        byte[] record = [.. header, .. new byte[BinaryPrimitives.ReadUInt16BigEndian(header.AsSpan(3))]];
        await ReadAsync(client, record.AsMemory(HeaderSize));
        return record;
    }

    private async Task ReadAsync(Socket client, Memory<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            int count = await client.ReceiveAsync(buffer, _stop.Token);
            if (count == 0)
                throw new EndOfStreamException();
            buffer = buffer[count..];
        }
    }
}
