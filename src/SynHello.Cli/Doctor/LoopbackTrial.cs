using System.Net;
using System.Security.Cryptography.X509Certificates;

using SynHello.Crypto;
using SynHello.Sockets;

namespace SynHello.Cli;

/// <summary>
/// Connects to itself over loopback, with a certificate made for the purpose: the proof that it works.
/// </summary>
internal sealed class LoopbackTrial : IDisposable
{
    private readonly X509Certificate2 _certificate;
    private readonly X509Credential _credential;

    public LoopbackTrial()
    {
        _certificate = SelfSignedCertificate.Create(IPAddress.Loopback.ToString());
        _credential = X509Credential.FromCertificate(_certificate);
    }

    /// <summary>The size of the ClientHello; 0 before the first connection.</summary>
    public int ClientHelloBytes { get; private set; }

    /// <summary>Makes some connections to one listener, one after the other.</summary>
    /// <returns>The last one's report, as the client gave it.</returns>
    public async Task<HandshakeReport> ConnectAsync(FastOpenMode mode, int times, CancellationToken cancellationToken)
    {
        await using var listener = new SecureListener(new SecureListenerOptions
        {
            ListenEndPoint = new IPEndPoint(IPAddress.Loopback, 0),
            Credentials = [_credential],
            FastOpen = mode,
        });
        var client = new SecureClient(new SecureClientOptions { FastOpen = mode, TrustedRoots = [_certificate] });
        HandshakeReport? report = null;
        for (int i = 0; i < times; i++)
        {
            Task<SecureStream> accepting = listener.AcceptAsync(cancellationToken).AsTask();
            await using SecureStream stream =
                await client.ConnectAsync(listener.LocalEndPoint, IPAddress.Loopback.ToString(), cancellationToken);
            await using SecureStream accepted = await accepting;
            report = stream.Report;
            ClientHelloBytes = report.ClientHelloBytes;
        }

        return report!;
    }

    public void Dispose()
    {
        _credential.Dispose();
        _certificate.Dispose();
    }
}
