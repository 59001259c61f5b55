using System.Net;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

using SynHello.Crypto;
using SynHello.Sockets;

namespace SynHello.Cli;

/// <summary>Over this stack, on plain TCP and without session tickets.</summary>
internal sealed class SynHelloEchoServer : EchoServer
{
    private readonly SecureListener _listener;

    public SynHelloEchoServer(X509Certificate2 identity)
    {
        _listener = new SecureListener(new SecureListenerOptions
        {
            ListenEndPoint = new IPEndPoint(IPAddress.Loopback, 0),
            Credentials = { X509Credential.FromCertificate(identity) },
            FastOpen = FastOpenMode.Off,
            EnabledSslProtocols = SslProtocols.Tls13,
            TicketCount = 0,
        });
        _ = Task.Run(AcceptAsync);
    }

    public override IPEndPoint EndPoint => _listener.LocalEndPoint;

    public override ValueTask DisposeAsync() => _listener.DisposeAsync();

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
                _ = EchoAsync(await _listener.AcceptAsync());
        }
        catch (ObjectDisposedException)
        {
            // The server is closed.
        }
    }
}
