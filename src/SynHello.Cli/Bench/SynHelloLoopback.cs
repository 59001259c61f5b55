using System.Net;

using SynHello.Crypto;
using SynHello.Sockets;

namespace SynHello.Cli;

/// <summary>This stack, over plain TCP as the peer.</summary>
internal sealed class SynHelloLoopback : LoopbackContestant
{
    private readonly SecureListener _listener = new(new SecureListenerOptions
    {
        ListenEndPoint = new IPEndPoint(IPAddress.Loopback, 0),
        Credentials = { X509Credential.FromCertificate(Certificate) },
        FastOpen = FastOpenMode.Off,
    });

    private readonly SecureClient _client = new(new SecureClientOptions
    {
        CertificateChainPolicy = CreateChainPolicy(),
        FastOpen = FastOpenMode.Off,
    });

    public override async Task<(Stream Client, Stream Server)> ConnectAsync(CancellationToken cancellationToken)
    {
        Task<SecureStream> accepting = _listener.AcceptAsync(cancellationToken).AsTask();
        SecureStream client = await _client.ConnectAsync(_listener.LocalEndPoint, Host, cancellationToken);
        await client.FlushAsync(cancellationToken); // the server's handshake is part of the pair
        return (client, await accepting);
    }

    public override ValueTask DisposeAsync() => _listener.DisposeAsync();
}
