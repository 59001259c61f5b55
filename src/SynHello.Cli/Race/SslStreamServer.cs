using System.Net;
using System.Net.Security;
using System.Net.Sockets;

using SynHello.Sockets;

namespace SynHello.Cli.Race;

/// <summary>
/// SslStream as a server, with tickets where the scheme resumes; with Fast Open by the raw option of its listening
/// socket.
/// </summary>
internal sealed class SslStreamServer : StreamServer
{
    private const int Backlog = 128;
    private const int FastOpenQueue = 256;

    private readonly Socket _listener;
    private readonly SslServerAuthenticationOptions _options;

    public SslStreamServer(RaceScheme scheme, RaceIdentity identity, IPEndPoint endPoint)
    {
        _options = new SslServerAuthenticationOptions
        {
            ServerCertificateContext = identity.ServerContext,
            EnabledSslProtocols = scheme.Protocol,
            AllowTlsResume = scheme.Resumes,
        };
        _listener = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        _listener.Bind(endPoint);
        if (scheme.FastOpen != FastOpenMode.Off)
            RawFastOpen.Set(_listener, RawFastOpen.Listen, FastOpenQueue);
        _listener.Listen(Backlog);
    }

    protected override async ValueTask<Func<CancellationToken, ValueTask<Stream>>> AcceptAsync(
        CancellationToken cancellationToken)
    {
        Socket socket = await _listener.AcceptAsync(cancellationToken);
        return handshakeToken => HandshakeAsync(socket, handshakeToken);
    }

    protected override ValueTask CloseAsync()
    {
        _listener.Dispose();
        return ValueTask.CompletedTask;
    }

    private async ValueTask<Stream> HandshakeAsync(Socket socket, CancellationToken cancellationToken)
    {
        socket.NoDelay = true;
        var stream = new SslStream(new NetworkStream(socket, ownsSocket: true));
        try
        {
            await stream.AuthenticateAsServerAsync(_options, cancellationToken);
            return stream;
        }
        catch
        {
            await stream.DisposeAsync();
            throw;
        }
    }
}
