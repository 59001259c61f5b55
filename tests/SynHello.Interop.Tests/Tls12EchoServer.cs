using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using SynHello.Crypto;
using SynHello.Tls;
using SynHello.Wire;

namespace SynHello.Interop.Tests;

/// <summary>An engine that speaks TLS 1.2, behind a listener, and sends back what it receives.</summary>
public sealed class Tls12EchoServer : IAsyncDisposable
{
    private readonly Channel<(TlsNegotiation Negotiated, Exception? Failure)> _connections =
        Channel.CreateUnbounded<(TlsNegotiation, Exception?)>();

    private readonly TcpListener _listener;
    private readonly Task _accepting;

    public Tls12EchoServer(
        KeyKind kind = KeyKind.P256,
        bool tickets = true,
        TlsClientCertificateMode clientCertificates = TlsClientCertificateMode.None,
        IReadOnlyList<ProtocolVersion>? versions = null,
        Func<TlsCredential, TlsCredential>? credential = null,
        IReadOnlyList<System.Net.Security.SslApplicationProtocol>? protocols = null)
    {
        EndPoint = PrivateNetwork.NextEndPoint();
        Identity = Identity.For(EndPoint.Address, kind);
        Configuration = new TlsServerConfiguration(
            DefaultCryptoProvider.Instance, [credential?.Invoke(Identity.Credential) ?? Identity.Credential])
        {
            Versions = versions ?? [ProtocolVersion.Tls12],
            ClientCertificateMode = clientCertificates,
            ApplicationProtocols = protocols ?? [],
            Resumption = new TlsServerResumption(new SessionTicketKeyRing(), TimeProvider.System)
            {
                TicketCount = tickets ? 1 : 0,
                SessionCache = Cache,
            },
        };
        _listener = new TcpListener(EndPoint);
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public IPEndPoint EndPoint { get; }

    public Identity Identity { get; }

    public SessionIdCache Cache { get; } = new();

    public TlsServerConfiguration Configuration { get; }

    /// <summary>The next connection's outcome, in the order in which their handshakes ended.</summary>
    public async Task<(TlsNegotiation Negotiated, Exception? Failure)> NextAsync() =>
        await _connections.Reader.ReadAsync().AsTask().WaitAsync(ChildProcess.Patience);

    public async ValueTask DisposeAsync()
    {
        _listener.Dispose();
        await _accepting;
    }

    private async Task AcceptAsync()
    {
        List<Task> connections = [];
        try
        {
            while (true)
                connections.Add(ServeAsync(await _listener.AcceptSocketAsync()));
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            await Task.WhenAll(connections).WaitAsync(ChildProcess.Patience);
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        using var connection = new EngineConnection(new TlsServerEngine(Configuration), socket);
        try
        {
            await connection.CompleteAsync();
            _connections.Writer.TryWrite((connection.Negotiated, null));
            await connection.EchoAsync();
        }
        catch (Exception exception) when (exception is TlsProtocolException or SocketException)
        {
            _connections.Writer.TryWrite((connection.Negotiated, exception));
        }
    }
}
