using System.Net;

using SynHello.Crypto;

namespace SynHello.Cli.Race;

/// <summary>SynHello as a server.</summary>
internal sealed class SynHelloServer : RaceServer
{
    private readonly X509Credential _credential;
    private readonly SecureListener _listener;

    public SynHelloServer(RaceScheme scheme, RaceIdentity identity, IPEndPoint endPoint)
    {
        _credential = X509Credential.FromCertificate(identity.Certificate);
        _listener = new SecureListener(new SecureListenerOptions
        {
            ListenEndPoint = endPoint,
            Credentials = [_credential],
            FastOpen = scheme.FastOpen,
        });
        if (_listener.FastOpenLimitation is { } limitation)
            throw new RaceException(limitation);
    }

    protected override async ValueTask<Func<CancellationToken, ValueTask<Stream>>> AcceptAsync(
        CancellationToken cancellationToken)
    {
        // Handshakes are made beside each other by the listener itself.
        SecureStream stream = await _listener.AcceptAsync(cancellationToken);
        return _ => ValueTask.FromResult<Stream>(stream);
    }

    protected override async ValueTask CloseAsync()
    {
        await _listener.DisposeAsync();
        _credential.Dispose();
    }
}
