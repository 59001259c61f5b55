using System.Net.Security;

using SynHello.Wire;

namespace SynHello.Tls;

/// <summary>
/// What the two sides have agreed on. Values appear as the handshake settles them and do not change afterwards.
/// </summary>
public sealed class TlsNegotiation
{
    internal TlsNegotiation()
    {
    }

    /// <summary>The protocol version; default until the ServerHello.</summary>
    public ProtocolVersion Version { get; internal set; }

    /// <summary>The cipher suite; default until the ServerHello.</summary>
    public CipherSuite CipherSuite { get; internal set; }

    /// <summary>The key exchange group; default until the ServerHello, and on a resumed connection in TLS 1.2.</summary>
    public NamedGroup Group { get; internal set; }

    /// <summary>The scheme of the server's CertificateVerify, in TLS 1.2 of its ServerKeyExchange; default until then.</summary>
    public SignatureScheme SignatureScheme { get; internal set; }

    /// <summary>The application protocol (RFC 7301); default when none was negotiated.</summary>
    public SslApplicationProtocol ApplicationProtocol { get; internal set; }

    /// <summary>The host name that the client asked for (RFC 6066 section 3); null when it named none.</summary>
    public string? ServerName { get; internal set; }

    /// <summary>Whether a HelloRetryRequest cost another round trip (RFC 8446 section 4.1.4).</summary>
    public bool HelloRetryRequested { get; internal set; }

    /// <summary>The DER of the peer's certificates, its own first; empty when it sent none.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> PeerCertificates { get; internal set; } = [];

    /// <summary>
    /// The DER of the OCSP response that came with each of <see cref="PeerCertificates"/>, not checked; empty where none did. On a
    /// resumed connection none comes.
    /// </summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> PeerOcspResponses { get; internal set; } = [];

    /// <summary>
    /// The bytes of the server's Certificate message as it crossed the wire, compressed or not, with its header; 0 until then, and on a
    /// resumed connection.
    /// </summary>
    public int ServerCertificateLength { get; internal set; }

    /// <summary>How the peer's chain was compressed (RFC 8879); null when it was not.</summary>
    public CertificateCompressionAlgorithm? CertificateCompression { get; internal set; }

    /// <summary>Whether a session of an earlier connection was resumed (RFC 8446 section 2.2, RFC 5246 section 7.3).</summary>
    public bool IsResumed { get; internal set; }

    /// <summary>
    /// Whether a client might send before the server's Finished had come (False Start, RFC 7918), in TLS 1.2: a full handshake then
    /// costs one round trip.
    /// </summary>
    public bool IsFalseStarted { get; internal set; }

    /// <summary>What became of the client's early data.</summary>
    public EarlyDataStatus EarlyData { get; internal set; }

    /// <summary>Whether the server asked for a client certificate.</summary>
    public bool ClientCertificateRequested { get; internal set; }

    /// <summary>What this side has shown; null when it has shown nothing, as on a resumed connection.</summary>
    public TlsCredential? LocalCredential { get; internal set; }
}
