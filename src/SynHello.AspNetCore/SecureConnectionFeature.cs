using System.Security.Cryptography.X509Certificates;

using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace SynHello.AspNetCore;

/// <summary>
/// What a connection tells of its TLS. That ITlsConnectionFeature is there makes the scheme of its requests https.
/// </summary>
internal sealed class SecureConnectionFeature(SecureStream stream)
    : ISecureConnectionFeature, ITlsConnectionFeature, ITlsApplicationProtocolFeature
{
    public HandshakeReport Report => stream.Report;

    public bool IsHandshakeComplete => stream.IsHandshakeComplete;

    public Task HandshakeCompleted => stream.HandshakeCompleted;

    public ReadOnlyMemory<byte> ApplicationProtocol { get; } = stream.Report.ApplicationProtocol.Protocol;

    /// <summary>
    /// What the client has shown and the listener has taken; null where it showed none, or the connection is over. It is the stream's,
    /// and is disposed of with it. Of a request that came early it is whom the ticket names, and the request may be a replay.
    /// </summary>
    public X509Certificate2? ClientCertificate
    {
        get
        {
            try
            {
                return stream.RemoteCertificate;
            }
            catch (ObjectDisposedException)
            {
                return null; // a request may outlive its connection, and is nobody's by then
            }
        }
        set => throw new NotSupportedException("The client's certificate is the connection's, and cannot be replaced.");
    }

    /// <summary>As <see cref="ClientCertificate"/>: nobody is asked after the handshake (RFC 8446 section 4.6.2).</summary>
    public Task<X509Certificate2?> GetClientCertificateAsync(CancellationToken cancellationToken) =>
        cancellationToken.IsCancellationRequested
            ? Task.FromCanceled<X509Certificate2?>(cancellationToken)
            : Task.FromResult(ClientCertificate);
}
