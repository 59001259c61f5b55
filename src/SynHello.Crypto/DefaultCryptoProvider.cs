using System.Security.Cryptography;

using SynHello.Tls;
using SynHello.Wire;

namespace SynHello.Crypto;

/// <summary>
/// The engine's cryptography made of .NET's primitives and, for key agreement and for the public keys of certificates,
/// of OpenSSL's libcrypto, which .NET on Linux has loaded already. Where libcrypto is missing (see
/// <see cref="LibcryptoStatus"/>), x25519 and ed25519 are not offered and the NIST curves go through .NET.
/// Thread-safe; <see cref="Instance"/> serves a whole process.
/// </summary>
/// <remarks>
/// A derived class can replace the source of randomness (<see cref="FillRandom"/>) and the making of key pairs
/// (<see cref="CreateKeyExchange"/>). x25519's private keys are drawn from <see cref="FillRandom"/>, those of the NIST
/// curves
/// come out of libcrypto's own generator.
/// </remarks>
public class DefaultCryptoProvider : TlsCryptoProvider
{
    private readonly LibcryptoStatus _libcrypto;
    private readonly LibcryptoHmac? _hmac;

    /// <summary>Makes a provider with what this machine has.</summary>
    public DefaultCryptoProvider()
        : this(LibcryptoStatus.Current)
    {
    }

    internal DefaultCryptoProvider(LibcryptoStatus libcrypto)
    {
        _libcrypto = libcrypto;
        _hmac = libcrypto.IsAvailable ? LibcryptoHmac.TryCreate() : null;
        Groups = Array.AsReadOnly<NamedGroup>(libcrypto.HasX25519
            ? [NamedGroup.X25519, NamedGroup.Secp256r1, NamedGroup.Secp384r1]
            : [NamedGroup.Secp256r1, NamedGroup.Secp384r1]);
        CipherSuites = Array.AsReadOnly(ListCipherSuites());
        SignatureSchemes = Array.AsReadOnly(ListSignatureSchemes(libcrypto.HasEd25519));
    }

    /// <summary>The provider that everybody may share.</summary>
    public static DefaultCryptoProvider Instance { get; } = new();

    /// <inheritdoc/>
    public sealed override IReadOnlyList<NamedGroup> Groups { get; }

    /// <summary>
    /// The cipher suites, those of TLS 1.3 in front of those of 1.2, best first: AES-GCM leads where the processor has AES instructions, ChaCha20-Poly1305
    /// elsewhere.
    /// </summary>
    public sealed override IReadOnlyList<CipherSuite> CipherSuites { get; }

    /// <inheritdoc/>
    public sealed override IReadOnlyList<SignatureScheme> SignatureSchemes { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<CertificateCompressionAlgorithm> CertificateCompressionAlgorithms =>
        CertificateCompression.Algorithms;

    /// <inheritdoc/>
    public override byte[] CompressCertificate(CertificateCompressionAlgorithm algorithm, ReadOnlySpan<byte> message) =>
        CertificateCompression.Compress(algorithm, message);

    /// <inheritdoc/>
    public override bool TryDecompressCertificate(
        CertificateCompressionAlgorithm algorithm, ReadOnlySpan<byte> compressed, Span<byte> destination) =>
        CertificateCompression.TryDecompress(algorithm, compressed, destination);

    /// <inheritdoc/>
    public override void FillRandom(Span<byte> destination) => RandomNumberGenerator.Fill(destination);

    /// <inheritdoc/>
    public override KeyExchange CreateKeyExchange(NamedGroup group)
    {
        if (group == NamedGroup.X25519 && _libcrypto.HasX25519)
        {
            Span<byte> privateKey = stackalloc byte[X25519KeyExchange.KeyLength];
            try
            {
                FillRandom(privateKey);
                return X25519KeyExchange.Import(privateKey);
            }
            finally
            {
                CryptographicOperations.ZeroMemory(privateKey);
            }
        }

        var curve = NistCurve.For(group) ?? throw UnsupportedGroup(group);
        return _libcrypto.HasNistCurves ? EcdhKeyExchange.Generate(curve) : DotNetEcdhKeyExchange.Generate(curve);
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The key does not have the length that the suite asks for.</exception>
    public sealed override Aead CreateAead(CipherSuite cipherSuite, ReadOnlySpan<byte> key)
    {
        bool isAes128 = cipherSuite.Value is 0x1301 or 0xc02b or 0xc02f;
        bool isAes = isAes128 || cipherSuite.Value is 0x1302 or 0xc02c or 0xc030;
        bool isChaCha20 = cipherSuite.Value is 0x1303 or 0xcca8 or 0xcca9;
        if (isAes || (isChaCha20 && ChaCha20Poly1305.IsSupported))
        {
            CheckKeyLength(key, isAes128 ? 16 : 32);
            nint cipher = _libcrypto.IsAvailable ? LibcryptoCipher.For(cipherSuite) : 0;
            return cipher != 0 ? new LibcryptoAead(cipher, key)
                : isAes ? new AesGcmAead(key)
                : new ChaCha20Poly1305Aead(key);
        }

        throw new NotSupportedException($"The cipher suite {cipherSuite} is not supported.");
    }

    /// <inheritdoc/>
    /// <exception cref="NotSupportedException">The algorithm is neither SHA-256 nor SHA-384.</exception>
    public sealed override TranscriptHash CreateTranscriptHash(HashAlgorithmName algorithm) =>
        new IncrementalTranscriptHash(algorithm);

    /// <inheritdoc/>
    /// <exception cref="NotSupportedException">The algorithm is neither SHA-256 nor SHA-384.</exception>
    public sealed override void Hash(HashAlgorithmName algorithm, ReadOnlySpan<byte> data, Span<byte> destination) =>
        Digest.Compute(algorithm, data, Digest.Exactly(destination, Digest.LengthOf(algorithm)));

    /// <inheritdoc/>
    /// <exception cref="NotSupportedException">The algorithm is neither SHA-256 nor SHA-384.</exception>
    public sealed override void Hmac(
        HashAlgorithmName algorithm,
        ReadOnlySpan<byte> key,
        ReadOnlySpan<byte> data,
        Span<byte> destination)
    {
        Digest.Exactly(destination, Digest.LengthOf(algorithm));
        if (_hmac is not null)
            _hmac.Compute(algorithm, key, data, [], destination);
        else if (algorithm == HashAlgorithmName.SHA256)
            HMACSHA256.HashData(key, data, destination);
        else
            HMACSHA384.HashData(key, data, destination);
    }

    /// <inheritdoc/>
    /// <exception cref="NotSupportedException">The algorithm is neither SHA-256 nor SHA-384.</exception>
    public sealed override void HkdfExtract(
        HashAlgorithmName algorithm,
        ReadOnlySpan<byte> inputKeyingMaterial,
        ReadOnlySpan<byte> salt,
        Span<byte> pseudorandomKey)
    {
        Digest.Exactly(pseudorandomKey, Digest.LengthOf(algorithm));
        if (_hmac is not null)
            _hmac.Compute(algorithm, salt, inputKeyingMaterial, [], pseudorandomKey); // RFC 5869 section 2.2
        else
            _ = HKDF.Extract(algorithm, inputKeyingMaterial, salt, pseudorandomKey);
    }

    /// <inheritdoc/>
    /// <exception cref="NotSupportedException">The algorithm is neither SHA-256 nor SHA-384.</exception>
    public sealed override void HkdfExpand(
        HashAlgorithmName algorithm,
        ReadOnlySpan<byte> pseudorandomKey,
        ReadOnlySpan<byte> info,
        Span<byte> destination)
    {
        int hashLength = Digest.LengthOf(algorithm);
        if (_hmac is null || destination.Length > hashLength || destination.IsEmpty || pseudorandomKey.Length < hashLength)
        {
            HKDF.Expand(algorithm, pseudorandomKey, destination, info);
            return;
        }

        // All of TLS's secrets and keys are the first block, or its beginning: T(1) = HMAC(PRK, info | 1) (RFC 5869
        // section 2.3).
        Span<byte> block = stackalloc byte[hashLength];
        _hmac.Compute(algorithm, pseudorandomKey, info, [1], block);
        block[..destination.Length].CopyTo(destination);
        CryptographicOperations.ZeroMemory(block);
    }

    /// <summary>
    /// Reads the public key out of an end-entity certificate: ECDSA P-256 or P-384, RSA (rsaEncryption) up to 8192
    /// bits, or,
    /// with libcrypto, Ed25519. Nothing else of the certificate is looked at: whoever checks the chain does that.
    /// </summary>
    /// <param name="certificate">The DER of an X.509 certificate.</param>
    /// <exception cref="TlsProtocolException">
    /// <see cref="TlsErrorCause.MalformedCertificate"/>, or <see cref="TlsErrorCause.UnsupportedCertificateKey"/> for a
    /// key
    /// that no scheme of <see cref="SignatureSchemes"/> fits.
    /// </exception>
    public sealed override CertificateKey ImportCertificateKey(ReadOnlySpan<byte> certificate) =>
        CertificateKeyImport.Import(certificate, _libcrypto);

    /// <summary>Makes a key pair of a private key that is known already, to replay a recorded handshake.</summary>
    /// <param name="group">One of <see cref="Groups"/>.</param>
    /// <param name="privateKey">
    /// 32 octets for x25519, the scalar in the curve's length, most significant octet first, else.
    /// </param>
    internal KeyExchange ImportKeyExchange(NamedGroup group, ReadOnlySpan<byte> privateKey)
    {
        if (group == NamedGroup.X25519 && _libcrypto.HasX25519)
            return X25519KeyExchange.Import(privateKey);

        var curve = NistCurve.For(group) ?? throw UnsupportedGroup(group);
        return _libcrypto.HasNistCurves
            ? EcdhKeyExchange.Import(curve, privateKey)
            : DotNetEcdhKeyExchange.Import(curve, privateKey);
    }

    private static NotSupportedException UnsupportedGroup(NamedGroup group) =>
        new($"The key exchange group {group} is not supported.");

    private static void CheckKeyLength(ReadOnlySpan<byte> key, int length)
    {
        if (key.Length != length)
            throw new ArgumentException($"The traffic key must have {length} bytes.", nameof(key));
    }

    private static CipherSuite[] ListCipherSuites()
    {
        CipherSuite[] aes = [CipherSuite.TlsAes128GcmSha256, CipherSuite.TlsAes256GcmSha384];
        CipherSuite[] aesOfTls12 =
        [
            CipherSuite.TlsEcdheEcdsaWithAes128GcmSha256,
            CipherSuite.TlsEcdheRsaWithAes128GcmSha256,
            CipherSuite.TlsEcdheEcdsaWithAes256GcmSha384,
            CipherSuite.TlsEcdheRsaWithAes256GcmSha384,
        ];
        if (!ChaCha20Poly1305.IsSupported)
            return [.. aes, .. aesOfTls12];

        CipherSuite[] chaCha20OfTls12 =
            [CipherSuite.TlsEcdheEcdsaWithChaCha20Poly1305Sha256, CipherSuite.TlsEcdheRsaWithChaCha20Poly1305Sha256];
        var hasAesInstructions = System.Runtime.Intrinsics.X86.Aes.IsSupported
            || System.Runtime.Intrinsics.Arm.Aes.IsSupported;
        return hasAesInstructions
            ? [.. aes, CipherSuite.TlsChaCha20Poly1305Sha256, .. aesOfTls12, .. chaCha20OfTls12]
            : [CipherSuite.TlsChaCha20Poly1305Sha256, .. aes, .. chaCha20OfTls12, .. aesOfTls12];
    }

    private static SignatureScheme[] ListSignatureSchemes(bool ed25519)
    {
        SignatureScheme[] ecdsa = [SignatureScheme.EcdsaSecp256r1Sha256, SignatureScheme.EcdsaSecp384r1Sha384];
        SignatureScheme[] edwards = ed25519 ? [SignatureScheme.Ed25519] : [];
        return
        [
            .. ecdsa,
            .. edwards,
            SignatureScheme.RsaPssRsaeSha256,
            SignatureScheme.RsaPssRsaeSha384,
            SignatureScheme.RsaPssRsaeSha512,
        ];
    }
}
