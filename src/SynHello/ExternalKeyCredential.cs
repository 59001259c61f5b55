using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

using SynHello.Crypto;
using SynHello.Tls;
using SynHello.Wire;

namespace SynHello;

/// <summary>
/// A certificate chain whose private key is elsewhere: in a hardware security module, or with a signer on another machine. Handshakes
/// wait for the signature without holding a thread. Thread-safe.
/// </summary>
public sealed class ExternalKeyCredential : TlsCredential, IRemoteSigner
{
    private const int LargestP256Signature = 72;
    private const int LargestP384Signature = 104;
    private const int Ed25519Signature = 64;

    private readonly Func<SignatureScheme, ReadOnlyMemory<byte>, CancellationToken, ValueTask<ReadOnlyMemory<byte>>> _sign;

    /// <summary>Makes a credential.</summary>
    /// <param name="certificateChain">
    /// The end entity's certificate, then its intermediates, each certifying the one before it (RFC 8446 section 4.4.2); the root is
    /// not to be among them. What is needed is copied.
    /// </param>
    /// <param name="sign">
    /// Signs. The scheme is one of <see cref="TlsCredential.SignatureSchemes"/>, or in TLS 1.2 of <see
    /// cref="TlsCredential.Tls12SignatureSchemes"/>. The content is what CertificateVerify signs (RFC 8446
    /// section 4.4.3: 64 spaces, a label, a zero byte and the transcript's hash, 130 or 146 bytes; in TLS 1.2 the Randoms and parameters of
    /// ServerKeyExchange, or of a client all messages so far), before hashing: a signer that wants
    /// a digest computes the scheme's hash over it. The answer is the signature as TLS carries it: the DER of ECDSA-Sig-Value
    /// for ECDSA; RSASSA-PSS with MGF1 over the same hash and a salt as long as the hash, or RSASSA-PKCS1-v1_5, for RSA. It is checked against the
    /// certificate before it is sent. The token is canceled when the handshake is given up, at the latest after its timeout
    /// (<see cref="SecureListenerOptions.HandshakeTimeout"/>, <see cref="SecureClientOptions.HandshakeTimeout"/>); what it throws
    /// otherwise ends the handshake with internal_error. It is called for many connections at a time. On a server its part before the
    /// first await runs on a loop that accepts connections, of which there are as many as cores: it must not block.
    /// </param>
    /// <param name="signatureSchemes">
    /// The schemes that the signer has, best first; null, the default, means all that fit the certificate's key. RSASSA-PKCS1-v1_5, which
    /// TLS 1.2 has and 1.3 has not, is used only where it is named here: not every key may be used for both paddings.
    /// </param>
    /// <exception cref="ArgumentException">The chain is empty, or a scheme does not fit the certificate's key.</exception>
    /// <exception cref="CryptographicException">The certificate's key is of a kind that is not known here.</exception>
    public ExternalKeyCredential(
        X509Certificate2Collection certificateChain,
        Func<SignatureScheme, ReadOnlyMemory<byte>, CancellationToken, ValueTask<ReadOnlyMemory<byte>>> sign,
        IReadOnlyList<SignatureScheme>? signatureSchemes = null)
    {
        ArgumentNullException.ThrowIfNull(certificateChain);
        ArgumentNullException.ThrowIfNull(sign);
        if (certificateChain.Count == 0)
            throw new ArgumentException("There is no certificate.", nameof(certificateChain));
        _sign = sign;
        CertificateChain = Array.AsReadOnly(certificateChain.Select(certificate => (ReadOnlyMemory<byte>)certificate.RawData).ToArray());
        IssuerNames = Array.AsReadOnly(
            certificateChain.Select(certificate => (ReadOnlyMemory<byte>)certificate.IssuerName.RawData).ToArray());
        (SignatureScheme[] fitting, SignatureScheme[] fittingTls12) = FittingSchemes(CertificateChain[0].Span);
        SignatureScheme[] wanted = signatureSchemes is { Count: > 0 } ? [.. signatureSchemes] : fitting;
        if (Array.Find(wanted, scheme => !fitting.Contains(scheme) && !fittingTls12.Contains(scheme)) is { Value: not 0 } misfit)
            throw new ArgumentException($"The certificate's key does not sign with {misfit}.", nameof(signatureSchemes));
        SignatureSchemes = Array.AsReadOnly(Array.FindAll(wanted, fitting.Contains));
        Tls12SignatureSchemes = Array.AsReadOnly(Array.FindAll(wanted, fittingTls12.Contains));
        MaximumSignatureLength = LargestSignature(fitting[0], certificateChain[0]);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<ReadOnlyMemory<byte>> CertificateChain { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<ReadOnlyMemory<byte>> IssuerNames { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<SignatureScheme> SignatureSchemes { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<SignatureScheme> Tls12SignatureSchemes { get; }

    /// <inheritdoc/>
    public override int MaximumSignatureLength { get; }

    /// <summary>True.</summary>
    public override bool SignsElsewhere => true;

    /// <summary>Not possible: signing means waiting.</summary>
    /// <param name="scheme">One of <see cref="SignatureSchemes"/>.</param>
    /// <param name="message">What would be signed.</param>
    /// <param name="signature">Where the signature would go.</param>
    /// <returns>Nothing.</returns>
    /// <exception cref="NotSupportedException">Always.</exception>
    public override int Sign(SignatureScheme scheme, ReadOnlySpan<byte> message, Span<byte> signature) =>
        throw new NotSupportedException("The key is elsewhere: it is asked, and waited for.");

    async ValueTask<ReadOnlyMemory<byte>> IRemoteSigner.SignAsync(
        SignatureScheme scheme, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        // A signer that does not look at its token must not hold the handshake beyond its time.
        ReadOnlyMemory<byte> signature = await LateAnswer.WaitAsync(_sign(scheme, content, cancellationToken), cancellationToken)
            .ConfigureAwait(false);

        // A signature by another key would fail at the peer, who could not say why; and a faulty one by RSA can give the key away.
        using CertificateKey key = DefaultCryptoProvider.Instance.ImportCertificateKey(CertificateChain[0].Span);
        return signature.Length <= MaximumSignatureLength && key.Verify(scheme, content.Span, signature.Span)
            ? signature
            : throw new CryptographicException($"The signer did not sign with the certificate's key, or not with {scheme}.");
    }

    /// <returns>What the key signs with in TLS 1.3, and what in TLS 1.2.</returns>
    private static (SignatureScheme[] Schemes, SignatureScheme[] Tls12Schemes) FittingSchemes(ReadOnlySpan<byte> certificate)
    {
        try
        {
            DefaultCryptoProvider provider = DefaultCryptoProvider.Instance;
            using CertificateKey key = provider.ImportCertificateKey(certificate);
            return (
                [.. provider.SignatureSchemes.Where(key.Fits)],
                [.. provider.SignatureSchemes.Where(key.FitsTls12), .. Digest.RsaPkcs1Schemes.ToArray().Where(key.FitsTls12)]);
        }
        catch (TlsProtocolException exception)
        {
            throw new CryptographicException(exception.Message, exception);
        }
    }

    private static int LargestSignature(SignatureScheme scheme, X509Certificate2 certificate)
    {
        if (scheme == SignatureScheme.EcdsaSecp256r1Sha256)
            return LargestP256Signature;
        if (scheme == SignatureScheme.EcdsaSecp384r1Sha384)
            return LargestP384Signature;
        if (scheme == SignatureScheme.Ed25519)
            return Ed25519Signature;
        using RSA? key = certificate.GetRSAPublicKey();
        return ((key?.KeySize ?? throw new CryptographicException("The certificate's key is of no known kind.")) + 7) / 8;
    }
}
