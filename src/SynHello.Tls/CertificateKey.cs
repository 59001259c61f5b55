using SynHello.Wire;

namespace SynHello.Tls;

/// <summary>The public key of a peer's certificate. Not thread-safe.</summary>
public abstract class CertificateKey : IDisposable
{
    /// <summary>
    /// Whether a key of this kind may sign with the scheme in TLS 1.3: an ECDSA scheme binds the curve, an rsa_pss_rsae
    /// scheme an rsaEncryption key, ed25519 an Ed25519 key (RFC 8446 section 4.2.3). PKCS #1 v1.5 never fits.
    /// </summary>
    /// <param name="scheme">The scheme of a CertificateVerify.</param>
    public abstract bool Fits(SignatureScheme scheme);

    /// <summary>
    /// Whether a key of this kind may sign with the scheme in TLS 1.2, where PKCS #1 v1.5 fits an RSA key, and an ECDSA scheme any
    /// curve (RFC 8422 section 5.1.1). By default what fits in 1.3.
    /// </summary>
    /// <param name="scheme">The scheme of a ServerKeyExchange or CertificateVerify.</param>
    public virtual bool FitsTls12(SignatureScheme scheme) => Fits(scheme);

    /// <summary>Checks a signature. Whether the scheme may be used in this version is for the caller to ask.</summary>
    /// <param name="scheme">A scheme that <see cref="Fits"/> or <see cref="FitsTls12"/>.</param>
    /// <param name="message">What was signed, before hashing.</param>
    /// <param name="signature">The signature as received; garbage of any length is simply wrong.</param>
    /// <returns>Whether the signature is right.</returns>
    public abstract bool Verify(SignatureScheme scheme, ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature);

    /// <summary>Frees the key.</summary>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Frees the key.</summary>
    /// <param name="disposing">Whether the call comes from <see cref="Dispose()"/>.</param>
    protected abstract void Dispose(bool disposing);
}
