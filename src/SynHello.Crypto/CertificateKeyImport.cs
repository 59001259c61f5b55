using System.Formats.Asn1;
using System.Security.Cryptography;

using SynHello.Tls;
using SynHello.Wire;

namespace SynHello.Crypto;

/// <summary>
/// From a certificate's DER to its public key. Only the way to subjectPublicKeyInfo is read, strictly (RFC 5280 section
/// 4.1):
/// a whole X.509 object costs three signatures' worth of time, and the chain's judge builds one anyway.
/// </summary>
internal static class CertificateKeyImport
{
    /// <summary>Verifying with a larger key costs whoever does it more than any honest peer would ask for.</summary>
    public const int MaximumRsaKeySize = 8192;

    private static readonly Asn1Tag VersionTag = new(TagClass.ContextSpecific, 0, isConstructed: true);

    // Object identifiers with their tag and length.
    private static ReadOnlySpan<byte> EcPublicKey => [0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];

    private static ReadOnlySpan<byte> RsaEncryption =>
        [0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];

    private static ReadOnlySpan<byte> Ed25519 => [0x06, 0x03, 0x2b, 0x65, 0x70];

    private static ReadOnlySpan<byte> Prime256v1 => [0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];

    private static ReadOnlySpan<byte> Secp384r1 => [0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22];

    private static ReadOnlySpan<byte> DerNull => [0x05, 0x00];

    public static CertificateKey Import(ReadOnlySpan<byte> certificate, LibcryptoStatus libcrypto)
    {
        try
        {
            ReadSubjectPublicKeyInfo(certificate, out var algorithm, out var parameters, out var key);
            if (algorithm.SequenceEqual(EcPublicKey))
                return ImportEcdsa(parameters, key, libcrypto);

            if (algorithm.SequenceEqual(RsaEncryption))
                return ImportRsa(parameters, key, libcrypto);

            if (algorithm.SequenceEqual(Ed25519) && libcrypto.HasEd25519)
                return ImportEd25519(parameters, key);
        }
        catch (AsnContentException e)
        {
            throw new TlsProtocolException(TlsErrorCause.MalformedCertificate, "A certificate is not valid DER.", e);
        }
        catch (CryptographicException e)
        {
            throw new TlsProtocolException(
                TlsErrorCause.MalformedCertificate, "The public key of a certificate cannot be read.", e);
        }

        throw Unsupported("The kind of key in the certificate is not supported.");
    }

    private static void ReadSubjectPublicKeyInfo(
        ReadOnlySpan<byte> certificate,
        out ReadOnlySpan<byte> algorithm,
        out ReadOnlySpan<byte> parameters,
        out ReadOnlySpan<byte> key)
    {
        var outer = new DerReader(certificate);
        var body = new DerReader(outer.ReadSequence());
        outer.ReadEnd();
        var tbsCertificate = new DerReader(body.ReadSequence());
        body.ReadSequence(); // signatureAlgorithm
        body.ReadBitString(); // signatureValue
        body.ReadEnd();

        if (tbsCertificate.NextIs(VersionTag))
            tbsCertificate.ReadEncoded();

        tbsCertificate.ReadInteger(); // serialNumber
        tbsCertificate.ReadSequence(); // signature
        tbsCertificate.ReadSequence(); // issuer
        tbsCertificate.ReadSequence(); // validity
        tbsCertificate.ReadSequence(); // subject
        var info = new DerReader(tbsCertificate.ReadSequence());
        var identifier = new DerReader(info.ReadSequence());
        key = info.ReadBitString();
        info.ReadEnd();

        algorithm = identifier.ReadEncoded();
        parameters = identifier.IsAtEnd ? [] : identifier.ReadEncoded();
        identifier.ReadEnd();
    }

    private static CertificateKey ImportEcdsa(
        ReadOnlySpan<byte> parameters, ReadOnlySpan<byte> key, LibcryptoStatus libcrypto)
    {
        NistCurve curve;
        if (parameters.SequenceEqual(Prime256v1))
            curve = NistCurve.P256;
        else if (parameters.SequenceEqual(Secp384r1))
            curve = NistCurve.P384;
        else
            throw Unsupported("The curve of the certificate's key is neither P-256 nor P-384.");

        if (!curve.HasPointForm(key))
            throw Unsupported("The key of the certificate is not an uncompressed point.");

        return libcrypto.HasNistCurves
            ? EcdsaCertificateKey.Import(curve, key)
            : DotNetEcdsaCertificateKey.Import(curve, key);
    }

    private static CertificateKey ImportRsa(
        ReadOnlySpan<byte> parameters, ReadOnlySpan<byte> key, LibcryptoStatus libcrypto)
    {
        if (!parameters.IsEmpty && !parameters.SequenceEqual(DerNull))
            throw Malformed("An RSA key has parameters (RFC 3279 section 2.3.1).");

        var outer = new DerReader(key);
        var numbers = new DerReader(outer.ReadSequence());
        outer.ReadEnd();
        var modulus = numbers.ReadPositiveInteger();
        var exponent = numbers.ReadPositiveInteger();
        numbers.ReadEnd();

        // RFC 8017 section 3.1; with an exponent of 1 everybody could sign.
        if ((modulus[^1] & 1) == 0 || (exponent[^1] & 1) == 0 || exponent is [1])
            throw Malformed("The numbers in the certificate are no RSA key.");

        if (modulus.Length > MaximumRsaKeySize / 8)
            throw Unsupported("The RSA key of the certificate is larger than 8192 bits.");

        if (exponent.Length > sizeof(ulong))
            throw Unsupported("The RSA key of the certificate has a public exponent above 64 bits.");

        var keySize = (modulus.Length * 8) - byte.LeadingZeroCount(modulus[0]);
        var schemes = Digest.RsaPssSchemes(keySize);
        if (schemes.Length == 0)
            throw Unsupported("The RSA key of the certificate is too small for any signature scheme.");

        if (libcrypto.HasRsaPss)
            return RsaCertificateKey.Import(key, schemes);

        return new DotNetRsaCertificateKey(RSA.Create(
            new RSAParameters { Modulus = modulus.ToArray(), Exponent = exponent.ToArray() }));
    }

    private static Ed25519CertificateKey ImportEd25519(ReadOnlySpan<byte> parameters, ReadOnlySpan<byte> key)
    {
        if (!parameters.IsEmpty || key.Length != Ed25519CertificateKey.KeyLength)
            throw Malformed("The Ed25519 key of the certificate does not have its form (RFC 8410 sections 3 and 4).");

        return Ed25519CertificateKey.Import(key);
    }

    private static TlsProtocolException Malformed(string message) => new(TlsErrorCause.MalformedCertificate, message);

    private static TlsProtocolException Unsupported(string message) =>
        new(TlsErrorCause.UnsupportedCertificateKey, message);
}
