using System.Security.Cryptography;

using SynHello.Wire;

namespace SynHello.Tls;

/// <summary>
/// The cryptography that the engine needs, and the only source of its randomness. One provider serves many connections
/// at once: every member is thread-safe. What it creates belongs to one connection and is not.
/// </summary>
public abstract class TlsCryptoProvider
{
    /// <summary>The key exchange groups that <see cref="CreateKeyExchange"/> can make, best first.</summary>
    public abstract IReadOnlyList<NamedGroup> Groups { get; }

    /// <summary>The cipher suites that <see cref="CreateAead"/> can key, best first.</summary>
    public abstract IReadOnlyList<CipherSuite> CipherSuites { get; }

    /// <summary>The schemes that <see cref="CertificateKey.Verify"/> understands, best first.</summary>
    public abstract IReadOnlyList<SignatureScheme> SignatureSchemes { get; }

    /// <summary>
    /// How certificates can be compressed and decompressed (RFC 8879), best first; none by default.
    /// </summary>
    public virtual IReadOnlyList<CertificateCompressionAlgorithm> CertificateCompressionAlgorithms => [];

    /// <summary>Fills a span with cryptographically strong random bytes.</summary>
    /// <param name="destination">What is filled.</param>
    public abstract void FillRandom(Span<byte> destination);

    /// <summary>Makes a fresh ephemeral key pair.</summary>
    /// <param name="group">One of <see cref="Groups"/>.</param>
    /// <exception cref="NotSupportedException">The group is not one of <see cref="Groups"/>.</exception>
    public abstract KeyExchange CreateKeyExchange(NamedGroup group);

    /// <summary>Makes the cipher of one direction of a connection.</summary>
    /// <param name="cipherSuite">One of <see cref="CipherSuites"/>.</param>
    /// <param name="key">The traffic key; copied.</param>
    /// <exception cref="NotSupportedException">The suite is not one of <see cref="CipherSuites"/>.</exception>
    public abstract Aead CreateAead(CipherSuite cipherSuite, ReadOnlySpan<byte> key);

    /// <summary>Makes a running hash, for a transcript.</summary>
    /// <param name="algorithm">SHA-256 or SHA-384.</param>
    public abstract TranscriptHash CreateTranscriptHash(HashAlgorithmName algorithm);

    /// <summary>Hashes at once.</summary>
    /// <param name="algorithm">SHA-256 or SHA-384.</param>
    /// <param name="data">What is hashed.</param>
    /// <param name="destination">Exactly as long as the hash.</param>
    public abstract void Hash(HashAlgorithmName algorithm, ReadOnlySpan<byte> data, Span<byte> destination);

    /// <summary>HMAC (RFC 2104) at once.</summary>
    /// <param name="algorithm">SHA-256 or SHA-384.</param>
    /// <param name="key">The key.</param>
    /// <param name="data">What is authenticated.</param>
    /// <param name="destination">Exactly as long as the hash.</param>
    public abstract void Hmac(HashAlgorithmName algorithm, ReadOnlySpan<byte> key, ReadOnlySpan<byte> data, Span<byte> destination);

    /// <summary>HKDF-Extract (RFC 5869 section 2.2).</summary>
    /// <param name="algorithm">SHA-256 or SHA-384.</param>
    /// <param name="inputKeyingMaterial">IKM.</param>
    /// <param name="salt">The salt.</param>
    /// <param name="pseudorandomKey">Exactly as long as the hash.</param>
    public abstract void HkdfExtract(
        HashAlgorithmName algorithm,
        ReadOnlySpan<byte> inputKeyingMaterial,
        ReadOnlySpan<byte> salt,
        Span<byte> pseudorandomKey);

    /// <summary>HKDF-Expand (RFC 5869 section 2.3).</summary>
    /// <param name="algorithm">SHA-256 or SHA-384.</param>
    /// <param name="pseudorandomKey">PRK, as long as the hash.</param>
    /// <param name="info">The info string.</param>
    /// <param name="destination">At most 255 times as long as the hash.</param>
    public abstract void HkdfExpand(
        HashAlgorithmName algorithm,
        ReadOnlySpan<byte> pseudorandomKey,
        ReadOnlySpan<byte> info,
        Span<byte> destination);

    /// <summary>Reads the public key out of an end-entity certificate.</summary>
    /// <param name="certificate">The DER of an X.509 certificate.</param>
    /// <exception cref="TlsProtocolException">
    /// <see cref="TlsErrorCause.MalformedCertificate"/>, or <see cref="TlsErrorCause.UnsupportedCertificateKey"/> for a
    /// key
    /// that no scheme of <see cref="SignatureSchemes"/> fits.
    /// </exception>
    public abstract CertificateKey ImportCertificateKey(ReadOnlySpan<byte> certificate);

    /// <summary>Compresses a certificate chain. Called once for each, not for each connection.</summary>
    /// <param name="algorithm">One of <see cref="CertificateCompressionAlgorithms"/>.</param>
    /// <param name="message">What is compressed.</param>
    /// <returns>The compressed bytes.</returns>
    /// <exception cref="NotSupportedException">The algorithm is not one of them.</exception>
    public virtual byte[] CompressCertificate(CertificateCompressionAlgorithm algorithm, ReadOnlySpan<byte> message) =>
        throw new NotSupportedException($"{algorithm} is not supported.");

    /// <summary>Decompresses what a peer sent, using no more memory than the declared size.</summary>
    /// <param name="algorithm">One of <see cref="CertificateCompressionAlgorithms"/>.</param>
    /// <param name="compressed">Any bytes.</param>
    /// <param name="destination">As long as the peer has declared.</param>
    /// <returns>False when the bytes are not the compressed form of exactly so many.</returns>
    /// <exception cref="NotSupportedException">The algorithm is not one of them.</exception>
    public virtual bool TryDecompressCertificate(
        CertificateCompressionAlgorithm algorithm, ReadOnlySpan<byte> compressed, Span<byte> destination) =>
        throw new NotSupportedException($"{algorithm} is not supported.");
}
