using System.Buffers;
using System.Net;
using System.Net.Sockets;
using System.Text;
using SynHello.Tls;

namespace SynHello.Interop.Tests;

/// <summary>An engine over a socket, driven by hand: certificates are taken as they come, unless a test judges them.</summary>
public sealed class EngineConnection : IDisposable
{
    private readonly ArrayBufferWriter<byte> _plaintext = new();
    private readonly ArrayBufferWriter<byte> _output = new();
    private readonly Socket _socket;
    private byte[] _unconsumed = [];
    private int _read;
    private bool _ended;

    public EngineConnection(TlsEngine engine, Socket socket)
    {
        Engine = engine;
        _socket = socket;
        socket.NoDelay = true;
    }

    public TlsEngine Engine { get; }

    public TlsNegotiation Negotiated => Engine.Negotiated;

    public static async Task<EngineConnection> ConnectAsync(
        IPEndPoint endPoint, TlsClientConfiguration configuration, TlsSession? session = null)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(endPoint);
        var connection = new EngineConnection(new TlsClientEngine(configuration, Identity.Host), socket);
        ((TlsClientEngine)connection.Engine).Start(new TlsClientStart { Session = session }, connection._output);
        return connection;
    }

    /// <summary>Goes on until application data may be sent.</summary>
    public async Task<EngineConnection> HandshakeAsync()
    {
        await SendAsync();
        while (!Engine.MaySend)
            await ReceiveAsync();
        return this;
    }

    /// <summary>Goes on until the handshake is complete.</summary>
    public async Task<EngineConnection> CompleteAsync()
    {
        await HandshakeAsync();
        while (!Engine.IsHandshakeComplete)
            await ReceiveAsync();
        return this;
    }

    public async Task WriteAsync(ReadOnlyMemory<byte> data)
    {
        Engine.Send(data.Span, _output);
        await SendAsync();
    }

    public Task WriteAsync(string text) => WriteAsync(Encoding.ASCII.GetBytes(text));

    public async Task<string> ReadAsync(int length)
    {
        while (_plaintext.WrittenCount - _read < length)
            await ReceiveAsync();
        string text = Encoding.ASCII.GetString(_plaintext.WrittenSpan.Slice(_read, length));
        _read += length;
        return text;
    }

    /// <summary>Reads to the peer's end.</summary>
    public async Task<string> ReadToEndAsync()
    {
        while (!Engine.IsPeerClosed && !_ended)
            await ReceiveAsync();
        string text = Encoding.ASCII.GetString(_plaintext.WrittenSpan[_read..]);
        _read = _plaintext.WrittenCount;
        return text;
    }

    /// <summary>Sends back what comes, to the peer's end.</summary>
    public async Task EchoAsync()
    {
        while (!Engine.IsPeerClosed && !_ended)
        {
            byte[] data = _plaintext.WrittenSpan[_read..].ToArray();
            _read = _plaintext.WrittenCount;
            if (data.Length > 0)
                await WriteAsync(data);
            else
                await ReceiveAsync();
        }

        await CloseAsync();
    }

    public async Task CloseAsync()
    {
        Engine.SendCloseNotify(_output);
        await SendAsync();
        _socket.Shutdown(SocketShutdown.Send);
    }

    /// <summary>The sessions that the server gave out so far.</summary>
    public List<TlsSession> ReadSessions()
    {
        var sessions = new List<TlsSession>();
        while (((TlsClientEngine)Engine).TryReadSession(out TlsSession? session))
            sessions.Add(session);
        return sessions;
    }

    public void Dispose()
    {
        Engine.Dispose();
        _socket.Dispose();
    }

    private async Task ReceiveAsync()
    {
        byte[] buffer = new byte[20_000];
        int received = await _socket.ReceiveAsync(buffer).WaitAsync(ChildProcess.Patience);
        if (received == 0)
        {
            _ended = true;
            if (!Engine.IsHandshakeComplete)
                Engine.ReceiveEnd();
            return;
        }

        _unconsumed = [.. _unconsumed, .. buffer[..received]];
        try
        {
            bool again = true;
            while (again)
            {
                int consumed = Engine.Receive(_unconsumed, _plaintext, _output);
                _unconsumed = _unconsumed[consumed..];
                again = Answer();
            }
        }
        finally
        {
            await SendAsync();
        }
    }

    private bool Answer()
    {
        bool isAnswered = false;
        while (Engine.TryRead(out TlsEvent tlsEvent))
        {
            if (tlsEvent != TlsEvent.NeedCertificateVerdict)
                continue;
            Engine.AcceptCertificate();
            isAnswered = true;
        }

        return isAnswered;
    }

    private async Task SendAsync()
    {
        byte[] bytes = _output.WrittenSpan.ToArray();
        _output.ResetWrittenCount();
        if (bytes.Length > 0)
            await _socket.SendAsync(bytes);
    }
}
