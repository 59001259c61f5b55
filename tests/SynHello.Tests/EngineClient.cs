using System.Net;
using System.Net.Sockets;

using SynHello.Crypto;
using SynHello.Sockets;
using SynHello.Testing;
using SynHello.Tls;

namespace SynHello.Tests;

/// <summary>
/// A client's engine on a socket, driven step by step: nothing is sent or received but what the test says. Certificates are not checked.
/// </summary>
internal sealed class EngineClient : IDisposable
{
    private readonly TlsClientEngine _engine;
    private readonly EngineEnd _end;
    private readonly TlsClientStart _start;
    private Socket? _socket;

    public EngineClient(
        TlsSession? session = null,
        ReadOnlyMemory<byte> earlyData = default,
        TimeProvider? clock = null,
        Func<TlsCryptoProvider, TlsClientConfiguration>? configure = null,
        string? host = SecurePair.Host)
    {
        TlsClientConfiguration configuration = configure?.Invoke(DefaultCryptoProvider.Instance)
            ?? new TlsClientConfiguration(DefaultCryptoProvider.Instance) { TimeProvider = clock ?? TimeProvider.System };
        _engine = new TlsClientEngine(configuration, host);
        _end = new EngineEnd(_engine);
        _start = new TlsClientStart { Session = session, EarlyData = earlyData };
    }

    public TlsNegotiation Negotiated => _engine.Negotiated;

    public int ClientHelloLength => _engine.ClientHelloLength;

    public Exception? Failure => _end.Failure;

    public byte[] Plaintext => _end.Plaintext.ToArray();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    private Socket Socket => _socket ?? throw new InvalidOperationException("Not connected.");

    /// <summary>A session of a complete first visit.</summary>
    public static async Task<TlsSession> VisitAsync(SecureListener listener, TimeProvider? clock = null) =>
        (await VisitForAllAsync(listener, clock))[0];

    public static async Task<List<TlsSession>> VisitForAllAsync(SecureListener listener, TimeProvider? clock = null)
    {
        using var client = new EngineClient(clock: clock);
        await client.ConnectAsync(listener.LocalEndPoint);
        await client.HandshakeAsync();
        await using SecureStream server = await listener.AcceptAsync(Cancelled).Guarded();
        await server.WriteAsync(new byte[] { 1 }, Cancelled).Guarded();
        await client.ReceiveUntilAsync(() => client.Plaintext.Length == 1);
        List<TlsSession> sessions = [];
        while (client._engine.TryReadSession(out TlsSession? session))
            sessions.Add(session);
        return sessions;
    }

    /// <summary>The next session that the server gives out.</summary>
    public async Task<TlsSession> TakeSessionAsync()
    {
        TlsSession? session = null;
        await ReceiveUntilAsync(() => _engine.TryReadSession(out session));
        return session!;
    }

    /// <summary>The first flight, made and not sent.</summary>
    public byte[] MakeFirstFlight()
    {
        _engine.Start(_start, _end.Output);
        return _end.TakeOutput();
    }

    /// <summary>Connects, and sends the first flight behind the handshake of TCP.</summary>
    public async Task ConnectAsync(EndPoint endPoint)
    {
        await ConnectOnlyAsync(endPoint);
        await SendAsync(MakeFirstFlight());
    }

    public async Task ConnectOnlyAsync(EndPoint endPoint)
    {
        _socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await _socket.ConnectAsync(endPoint, Cancelled).Guarded();
    }

    /// <summary>Connects with a first flight in the SYN.</summary>
    public async Task ConnectInSynAsync(EndPoint endPoint, byte[] flight)
    {
        DialedSocket dialed = await new FastOpenDialer().ConnectAsync(endPoint, FastOpenMode.Cookieless, flight, Cancelled).Guarded();
        _socket = dialed.Socket;
    }

    public Task SendAsync(ReadOnlyMemory<byte> bytes) => Socket.SendAsync(bytes, SocketFlags.None, Cancelled).Guarded();

    /// <summary>What the engine has made since: it is taken, to be sent or not.</summary>
    public byte[] TakeOutput() => _end.TakeOutput();

    public async Task FlushAsync() => await SendAsync(TakeOutput());

    /// <summary>Seals application data; it is to be flushed.</summary>
    public void Write(ReadOnlySpan<byte> data) => _end.Send(data);

    /// <summary>Receives, and sends nothing, until it is as the test wants it.</summary>
    public async Task ReceiveUntilAsync(Func<bool> condition)
    {
        byte[] buffer = new byte[20_000];
        while (!condition())
        {
            int count = await Socket.ReceiveAsync(buffer.AsMemory(), SocketFlags.None, Cancelled).Guarded();
            Assert.NotEqual(0, count);
            _end.Deliver(buffer.AsSpan(0, count));
        }
    }

    /// <summary>Receives until the server has ended its side.</summary>
    public async Task ReceiveEndAsync()
    {
        byte[] buffer = new byte[20_000];
        int count;
        while ((count = await Socket.ReceiveAsync(buffer.AsMemory(), SocketFlags.None, Cancelled).Guarded()) > 0)
            _end.Deliver(buffer.AsSpan(0, count));
    }

    /// <summary>Receives what comes first, whatever it is, then ends this side and waits until the server has ended its own.</summary>
    public async Task ReceiveAndEndAsync()
    {
        byte[] buffer = new byte[20_000];
        try
        {
            Assert.NotEqual(0, await Socket.ReceiveAsync(buffer.AsMemory(), SocketFlags.None, Cancelled).Guarded());
            Socket.Shutdown(SocketShutdown.Send);
            while (await Socket.ReceiveAsync(buffer.AsMemory(), SocketFlags.None, Cancelled).Guarded() > 0)
            {
                // The rest of what came before the end.
            }
        }
        catch (SocketException)
        {
            // An end as well.
        }
    }

    public Task ReceiveServerFlightAsync() => ReceiveUntilAsync(() => _engine.IsHandshakeComplete || _end.Failure is not null);

    /// <summary>Completes the handshake on this side, and lets the server have what it needs for that.</summary>
    public async Task HandshakeAsync()
    {
        await ReceiveServerFlightAsync();
        Assert.Null(_end.Failure);
        await FlushAsync();
    }

    /// <summary>Waits until the server's kernel has all that was sent.</summary>
    public async Task DeliveredAsync()
    {
        TcpInfo info;
        while (!TcpInfo.TryGet(Socket, out info) || info.UnacknowledgedSegments > 0 || info.NotSentBytes > 0)
        {
            Cancelled.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    public void Reset()
    {
        Socket.LingerState = new LingerOption(enable: true, seconds: 0);
        Socket.Dispose();
    }

    public void Dispose()
    {
        _socket?.Dispose();
        _end.Dispose();
    }
}
