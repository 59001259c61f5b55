using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

using SynHello.Tls;
using SynHello.Wire;

namespace SynHello.Crypto;

/// <summary>
/// An X.509 chain with its private key in .NET: ECDSA P-256 or P-384, or RSA (signing with PSS, and with PKCS #1 v1.5 in TLS 1.2). It copies what it
/// needs, so
/// the certificates it was made of may be disposed of. Signing is thread-safe, and neither locked nor pooled: an
/// operation of
/// .NET's keys makes its own context over a reference-counted key. Dispose of it once no connection signs any more, or,
/// where nobody knows when that is, not at all: the key is freed and cleared when the last reference to the credential
/// is gone and the garbage collector has found out.
/// </summary>
public sealed class X509Credential : TlsCredential, IDisposable
{
    internal const string RsaEncryption = "1.2.840.113549.1.1.1";
    internal const string EcPublicKey = "1.2.840.10045.2.1";

    private readonly ECDsa? _ecdsa;
    private readonly RSA? _rsa;

    private X509Credential(X509Certificate2 certificate, X509Certificate2Collection? intermediates)
    {
        var chain = CollectChain(certificate, intermediates);
        CertificateChain = Array.AsReadOnly(chain.ConvertAll(c => (ReadOnlyMemory<byte>)c.RawData).ToArray());
        IssuerNames = Array.AsReadOnly(chain.ConvertAll(c => (ReadOnlyMemory<byte>)c.IssuerName.RawData).ToArray());
        switch (certificate.PublicKey.Oid.Value)
        {
            case EcPublicKey:
                _ecdsa = certificate.GetECDsaPrivateKey() ?? throw NoPrivateKey();
                var curve = CurveOf(_ecdsa);
                SignatureSchemes = Array.AsReadOnly([curve.Scheme]);
                Tls12SignatureSchemes = Array.AsReadOnly(
                    [curve.Scheme, curve == NistCurve.P256 ? NistCurve.P384.Scheme : NistCurve.P256.Scheme]);
                MaximumSignatureLength = curve.MaximumSignatureLength;
                break;

            case RsaEncryption:
                _rsa = certificate.GetRSAPrivateKey() ?? throw NoPrivateKey();
                SignatureSchemes = Array.AsReadOnly(Digest.RsaPssSchemes(_rsa.KeySize));
                Tls12SignatureSchemes = Array.AsReadOnly([.. SignatureSchemes, .. Digest.RsaPkcs1Schemes]);
                MaximumSignatureLength = (_rsa.KeySize + 7) / 8;
                if (SignatureSchemes.Count == 0)
                    throw new CryptographicException("The certificate's RSA key is too small to sign with.");

                break;

            default:
                throw new CryptographicException(
                    "The certificate's key is neither ECDSA nor RSA (rsaEncryption); no other kind can sign here.");
        }
    }

    /// <inheritdoc/>
    public override IReadOnlyList<ReadOnlyMemory<byte>> CertificateChain { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<SignatureScheme> SignatureSchemes { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<SignatureScheme> Tls12SignatureSchemes { get; }

    /// <inheritdoc/>
    public override int MaximumSignatureLength { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<ReadOnlyMemory<byte>> IssuerNames { get; }

    /// <summary>Makes a credential of a certificate that has its private key.</summary>
    /// <param name="certificate">The end entity's certificate with its private key; stays the caller's.</param>
    /// <param name="intermediates">
    /// What goes out behind it, in this order: each should certify the one before it (RFC 8446 section 4.4.2). A copy
    /// of
    /// <paramref name="certificate"/> in front and a self-signed root at the end are left out.
    /// </param>
    /// <exception cref="CryptographicException">There is no private key, or it is of a kind that cannot sign
    /// here.</exception>
    public static X509Credential FromCertificate(
        X509Certificate2 certificate,
        X509Certificate2Collection? intermediates = null)
    {
        ArgumentNullException.ThrowIfNull(certificate);
        return new X509Credential(certificate, intermediates);
    }

    /// <summary>Makes a credential of PEM text (RFC 7468).</summary>
    /// <param name="certificatePem">The end entity's certificate first, then its intermediates in order.</param>
    /// <param name="keyPem">The private key: PKCS #8, encrypted or not, SEC 1 or PKCS #1.</param>
    /// <param name="password">The password of an encrypted key; not looked at when the key is in the clear.</param>
    /// <exception cref="CryptographicException">
    /// There is no certificate or no usable private key, or the key is encrypted and the password is not its own, or the key
    /// is not the one of the first certificate.
    /// </exception>
    public static X509Credential FromPem(string certificatePem, string keyPem, string? password = null)
    {
        ArgumentNullException.ThrowIfNull(certificatePem);
        ArgumentNullException.ThrowIfNull(keyPem);
        return PemCredential.Load(certificatePem, "The certificate text", keyPem, "The key text", password);
    }

    /// <summary>
    /// Makes a credential of two PEM files, or of one that holds both, 1 MB each at most. What was read is cleared afterwards, as far as
    /// it passed through this library's hands; <see cref="FromPem"/> cannot clear the caller's strings.
    /// </summary>
    /// <param name="certificatePath">
    /// The file with the end entity's certificate first, then its intermediates in order.
    /// </param>
    /// <param name="keyPath">The file with the private key: PKCS #8, encrypted or not, SEC 1 or PKCS #1.</param>
    /// <param name="password">The password of an encrypted key; not looked at when the key is in the clear.</param>
    /// <exception cref="IOException">A file is missing, cannot be read, or is larger than 1 MB.</exception>
    /// <exception cref="UnauthorizedAccessException">A file may not be read.</exception>
    /// <exception cref="CryptographicException">
    /// There is no certificate or no usable private key, or the key is encrypted and the password is not its own, or the key
    /// is not the one of the first certificate; the message names the file.
    /// </exception>
    public static X509Credential FromPemFiles(string certificatePath, string keyPath, string? password = null)
    {
        ArgumentNullException.ThrowIfNull(certificatePath);
        ArgumentNullException.ThrowIfNull(keyPath);
        byte[] certificateBytes = [], keyBytes = [];
        char[] certificate = [], key = [];
        try
        {
            certificateBytes = SecretFile.Read(certificatePath, out _); // which may hold the key as well
            certificate = SecretFile.Decode(certificateBytes);
            keyBytes = SecretFile.Read(keyPath, out _);
            key = SecretFile.Decode(keyBytes);
            return PemCredential.Load(certificate, certificatePath, key, keyPath, password);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(certificateBytes);
            CryptographicOperations.ZeroMemory(keyBytes);
            Array.Clear(certificate);
            Array.Clear(key);
        }
    }

    /// <summary>Makes a credential of a PFX (PKCS #12, RFC 7292).</summary>
    /// <param name="pfx">
    /// One private key with its certificate, and what leads from there to the root, in any order. What it costs to open is
    /// bounded (<see cref="Pkcs12LoaderLimits.Defaults"/>).
    /// </param>
    /// <param name="password">The password; null when there is none.</param>
    /// <exception cref="CryptographicException">
    /// It is no PFX, the password is not its own, or it does not hold just one usable private key with its certificate.
    /// </exception>
    public static X509Credential FromPfx(ReadOnlySpan<byte> pfx, string? password = null) =>
        PfxCredential.Load(pfx, "The PFX", password);

    /// <summary>Makes a credential of a PFX file (PKCS #12, RFC 7292).</summary>
    /// <param name="path">The file, as <see cref="FromPfx"/> takes it.</param>
    /// <param name="password">The password; null when there is none.</param>
    /// <exception cref="IOException">The file is missing, cannot be read, or is larger than 1 MB.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read.</exception>
    /// <exception cref="CryptographicException">As <see cref="FromPfx"/>; the message names the file.</exception>
    public static X509Credential FromPfxFile(string path, string? password = null)
    {
        ArgumentNullException.ThrowIfNull(path);
        var pfx = SecretFile.Read(path, out _);
        try
        {
            return PfxCredential.Load(pfx, path, password);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(pfx);
        }
    }

    /// <summary>
    /// Makes a credential of a certificate in a store. Where several fit, the one that is valid for longest is taken, among
    /// those with a private key. Its intermediates come from the same store, and from the system's stores of intermediate
    /// authorities.
    /// </summary>
    /// <param name="store">The store, opened; stays the caller's.</param>
    /// <param name="findType">
    /// How to look, <see cref="X509FindType.FindByThumbprint"/> or
    /// <see cref="X509FindType.FindBySubjectDistinguishedName"/> for instance;
    /// <see cref="X509FindType.FindBySubjectName"/> finds every subject with that text in it.
    /// </param>
    /// <param name="value">What to look for.</param>
    /// <exception cref="CryptographicException">
    /// The store is not open, no certificate fits, or none of those that do has a usable private key.
    /// </exception>
    public static X509Credential FromStore(X509Store store, X509FindType findType, string value)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(value);
        return StoreCredential.Load(store, findType, value);
    }

    /// <inheritdoc/>
    /// <exception cref="NotSupportedException">The scheme is not one of <see cref="Tls12SignatureSchemes"/>.</exception>
    /// <exception cref="ArgumentException">There is not enough room for the signature.</exception>
    /// <exception cref="CryptographicException">The key failed to sign.</exception>
    public override int Sign(SignatureScheme scheme, ReadOnlySpan<byte> message, Span<byte> signature)
    {
        if (!Tls12SignatureSchemes.Contains(scheme))
            throw new NotSupportedException($"The credential's key does not sign with {scheme}.");

        if (signature.Length < MaximumSignatureLength)
            throw new ArgumentException($"A signature may take {MaximumSignatureLength} bytes.", nameof(signature));

        Span<byte> hash = stackalloc byte[Digest.MaximumLength];
        var algorithm = Digest.Of(scheme);
        hash = hash[..Digest.Compute(algorithm, message, hash)];
        int written;
        var signed = _ecdsa is not null
            ? _ecdsa.TrySignHash(hash, signature, DSASignatureFormat.Rfc3279DerSequence, out written)
            : _rsa!.TrySignHash(
                hash,
                signature,
                algorithm,
                Digest.IsRsaPkcs1(scheme) ? RSASignaturePadding.Pkcs1 : RSASignaturePadding.Pss,
                out written);
        return signed ? written : throw new CryptographicException("The key could not sign.");
    }

    /// <summary>Lets go of the private key.</summary>
    public void Dispose()
    {
        _ecdsa?.Dispose();
        _rsa?.Dispose();
    }

    private static List<X509Certificate2> CollectChain(
        X509Certificate2 certificate, X509Certificate2Collection? intermediates)
    {
        var chain = new List<X509Certificate2> { certificate };
        foreach (var intermediate in intermediates ?? [])
        {
            if (chain.Count > 1 || !intermediate.RawDataMemory.Span.SequenceEqual(certificate.RawDataMemory.Span))
                chain.Add(intermediate);
        }

        // Whoever trusts the root has it, and whoever has not does not trust it for being sent (RFC 8446 section
        // 4.4.2).
        if (chain.Count > 1 && CertificateOrder.IsSelfSigned(chain[^1]))
            chain.RemoveAt(chain.Count - 1);

        return chain;
    }

    private static NistCurve CurveOf(ECDsa key)
    {
        // The size alone would take brainpool curves for NIST's.
        var curve = key.ExportParameters(includePrivateParameters: false).Curve;
        if (curve.IsNamed)
        {
            if (Matches(NistCurve.P256.Curve))
                return NistCurve.P256;

            if (Matches(NistCurve.P384.Curve))
                return NistCurve.P384;
        }

        key.Dispose();
        throw new CryptographicException("The curve of the certificate's key is neither P-256 nor P-384.");

        // Windows names a curve, others number it.
        bool Matches(ECCurve known) => curve.Oid.Value is { Length: > 0 } value
            ? value == known.Oid.Value
            : string.Equals(curve.Oid.FriendlyName, known.Oid.FriendlyName, StringComparison.OrdinalIgnoreCase);
    }

    private static CryptographicException NoPrivateKey() => new("The certificate comes without its private key.");
}
