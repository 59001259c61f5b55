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

    /// <summary>Null: a client is not asked for a certificate.</summary>
    public X509Certificate2? ClientCertificate
    {
        get => null;
        set => throw new NotSupportedException("The client's certificate is the connection's, and cannot be replaced.");
    }

    public Task<X509Certificate2?> GetClientCertificateAsync(CancellationToken cancellationToken) =>
        Task.FromResult<X509Certificate2?>(null);
}
