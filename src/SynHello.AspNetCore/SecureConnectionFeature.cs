using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace SynHello.AspNetCore;

/// <summary>
/// What a connection tells of its TLS. That ITlsConnectionFeature is there makes the scheme of its requests https, and has Kestrel's own
/// TLS step aside; without ITlsHandshakeFeature Kestrel refuses HTTP/2. There is no SslStream, and so no ISslStreamFeature.
/// </summary>
internal sealed class SecureConnectionFeature(SecureStream stream, SecurePipeReader reader)
    : ISecureConnectionFeature, ITlsConnectionFeature, ITlsHandshakeFeature, ITlsApplicationProtocolFeature
{
    private volatile X509Certificate2? _replacement;
    private volatile bool _isReplaced;

    public HandshakeReport Report => stream.Report;

    public bool IsHandshakeComplete => stream.IsHandshakeComplete;

    public bool IsRemoteAddressProven => stream.IsRemoteAddressProven;

    public Task HandshakeCompleted
    {
        get
        {
            reader.CompleteHandshake(); // Kestrel does not read while a request of HTTP/1.1 runs
            return stream.HandshakeCompleted;
        }
    }

    public ReadOnlyMemory<byte> ApplicationProtocol { get; } = stream.Report.ApplicationProtocol.Protocol;

    public SslProtocols Protocol => stream.SslProtocol;

    public TlsCipherSuite? NegotiatedCipherSuite => stream.NegotiatedCipherSuite;

    public string HostName => stream.TargetHostName ?? "";

    /// <summary>
    /// What the client has shown and the listener has taken; null where it showed none, or the connection is over. It is the stream's,
    /// and is disposed of with it. Of a request that came early it is whom the ticket names, and the request may be a replay. What is
    /// put in its place is the connection's from then on, for all its requests, as with Kestrel's own TLS.
    /// </summary>
    public X509Certificate2? ClientCertificate
    {
        get
        {
            if (_isReplaced)
                return _replacement;
            try
            {
                return stream.RemoteCertificate;
            }
            catch (ObjectDisposedException)
            {
                return null; // a request may outlive its connection, and is nobody's by then
            }
        }
        set
        {
            _replacement = value;
            _isReplaced = true;
        }
    }

    // SslStream says the same of these suites. They are obsolete because a suite of TLS 1.3 does not say it all.
#pragma warning disable SYSLIB0058
    public CipherAlgorithmType CipherAlgorithm => CipherStrength switch
    {
        _ when IsChaCha20 => CipherAlgorithmType.None,
        128 => CipherAlgorithmType.Aes128,
        _ => CipherAlgorithmType.Aes256,
    };

    public int CipherStrength => NegotiatedCipherSuite
        is TlsCipherSuite.TLS_AES_128_GCM_SHA256
        or TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256
        or TlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 ? 128 : 256;

    public HashAlgorithmType HashAlgorithm => HashAlgorithmType.None;

    public int HashStrength => 0;

    public ExchangeAlgorithmType KeyExchangeAlgorithm =>
        Protocol == SslProtocols.Tls12 ? ExchangeAlgorithmType.DiffieHellman : ExchangeAlgorithmType.None;

    public int KeyExchangeStrength => 0;
#pragma warning restore SYSLIB0058

    private bool IsChaCha20 => NegotiatedCipherSuite
        is TlsCipherSuite.TLS_CHACHA20_POLY1305_SHA256
        or TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256
        or TlsCipherSuite.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256;

    /// <summary>As <see cref="ClientCertificate"/>: nobody is asked after the handshake (RFC 8446 section 4.6.2).</summary>
    public Task<X509Certificate2?> GetClientCertificateAsync(CancellationToken cancellationToken) =>
        cancellationToken.IsCancellationRequested
            ? Task.FromCanceled<X509Certificate2?>(cancellationToken)
            : Task.FromResult(ClientCertificate);

    /// <summary>See <see cref="SecurePipeReader.IsRequestEarly"/>.</summary>
    public bool IsRequestEarly(int? http2Stream) => reader.IsRequestEarly(http2Stream);
}
