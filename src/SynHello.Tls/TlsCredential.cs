using SynHello.Wire;

namespace SynHello.Tls;

/// <summary>
/// A certificate chain and the private key of its end entity. One credential serves many connections at once:
/// every member is thread-safe.
/// </summary>
public abstract class TlsCredential
{
    private volatile CertificateMessages? _messages;

    /// <summary>The DER of each certificate, the end entity's first, as the Certificate message carries them.</summary>
    public abstract IReadOnlyList<ReadOnlyMemory<byte>> CertificateChain { get; }

    /// <summary>
    /// The DER of an OCSP response (RFC 6960) for each certificate of <see cref="CertificateChain"/>, shown to clients that ask for
    /// it (RFC 8446 section 4.4.2.1); empty where there is none. None by default. Whoever renews them gives out another list.
    /// </summary>
    public virtual IReadOnlyList<ReadOnlyMemory<byte>> OcspResponses => [];

    /// <summary>The schemes that the key can sign with in TLS 1.3, best first.</summary>
    public abstract IReadOnlyList<SignatureScheme> SignatureSchemes { get; }

    /// <summary>
    /// The schemes that the key can sign with in TLS 1.2, best first; those of 1.3 by default. Only there an RSA key may sign with
    /// PKCS #1 v1.5, and an ECDSA key with the hash of another curve's scheme (RFC 8422 section 5.1.1).
    /// </summary>
    public virtual IReadOnlyList<SignatureScheme> Tls12SignatureSchemes => SignatureSchemes;

    /// <summary>The size of the largest signature in bytes.</summary>
    public abstract int MaximumSignatureLength { get; }

    /// <summary>The messages that the chain was encoded in last.</summary>
    internal CertificateMessages? Messages
    {
        get => _messages;
        set => _messages = value;
    }

    /// <summary>
    /// The DER of the issuer's name of each certificate, for peers that name the authorities they trust; empty, the default, fits all.
    /// </summary>
    public virtual IReadOnlyList<ReadOnlyMemory<byte>> IssuerNames => [];

    /// <summary>
    /// Whether the key is elsewhere: the engine asks with <see cref="TlsEvent.NeedSignature"/> and does not call
    /// <see cref="Sign"/>. False by default.
    /// </summary>
    public virtual bool SignsElsewhere => false;

    /// <summary>Signs.</summary>
    /// <param name="scheme">One of <see cref="SignatureSchemes"/> or <see cref="Tls12SignatureSchemes"/>.</param>
    /// <param name="message">What is signed, before hashing.</param>
    /// <param name="signature">At least <see cref="MaximumSignatureLength"/> bytes.</param>
    /// <returns>How many bytes of <paramref name="signature"/> were written.</returns>
    public abstract int Sign(SignatureScheme scheme, ReadOnlySpan<byte> message, Span<byte> signature);
}
