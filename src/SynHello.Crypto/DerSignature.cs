using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace SynHello.Crypto;

/// <summary>
/// What X.509 calls SIGNED: content, how it is signed, and the signature (RFC 5280 section 4.1.1). Certificates and OCSP responses
/// are made that way.
/// </summary>
internal sealed class DerSignature
{
    /// <summary>As strong as RSA with 2,048 bits (NIST SP 800-57 part 1, table 2).</summary>
    public const int LeastCurveBits = 224;
    public const int LeastRsaBits = 2048;

    private const int MostRsaBits = 8192;

    private readonly ReadOnlyMemory<byte> _content;
    private readonly ReadOnlyMemory<byte> _algorithm;
    private readonly ReadOnlyMemory<byte> _signature;

    private DerSignature(ReadOnlyMemory<byte> content, ReadOnlyMemory<byte> algorithm, ReadOnlyMemory<byte> signature)
    {
        _content = content;
        _algorithm = algorithm;
        _signature = signature;
    }

    /// <summary>What came of checking a signature.</summary>
    public enum Outcome
    {
        /// <summary>The key has signed.</summary>
        Right,

        /// <summary>The key has not signed this.</summary>
        Wrong,

        /// <summary>
        /// The signature is of a kind that is not taken: SHA-1 and older hashes, an RSA key below 2,048 bits or above 8,192, a curve
        /// without a name or of less than 224 bits, or PSS with another salt or mask than its hash suggests.
        /// </summary>
        NotTaken,
    }

    /// <summary>Reads the three parts.</summary>
    /// <param name="reader">Stands in front of the content, and behind the signature afterwards.</param>
    /// <exception cref="AsnContentException">They are not there.</exception>
    public static DerSignature Read(AsnReader reader)
    {
        ReadOnlyMemory<byte> content = reader.ReadEncodedValue();
        ReadOnlyMemory<byte> algorithm = reader.PeekEncodedValue();
        reader.ReadSequence();
        if (!reader.TryReadPrimitiveBitString(out int unused, out ReadOnlyMemory<byte> signature) || unused != 0)
            throw new AsnContentException("The signature is no whole number of octets.");
        return new DerSignature(content, algorithm, signature);
    }

    /// <summary>The signature under a certificate.</summary>
    /// <exception cref="AsnContentException">The certificate cannot be read, or names two algorithms.</exception>
    public static DerSignature Of(X509Certificate2 certificate)
    {
        var outer = new AsnReader(certificate.RawDataMemory, AsnEncodingRules.DER);
        AsnReader reader = outer.ReadSequence();
        outer.ThrowIfNotEmpty();
        DerSignature signature = Read(reader);
        reader.ThrowIfNotEmpty();

        // Only the inner one is signed (RFC 5280 section 4.1.1.2).
        AsnReader content = new AsnReader(signature._content, AsnEncodingRules.DER).ReadSequence();
        var version = new Asn1Tag(TagClass.ContextSpecific, 0, isConstructed: true);
        if (content.PeekTag() == version)
            content.ReadEncodedValue();
        content.ReadIntegerBytes();
        if (!content.ReadEncodedValue().Span.SequenceEqual(signature._algorithm.Span))
            throw new AsnContentException("The certificate names two signature algorithms.");
        return signature;
    }

    /// <summary>Checks the signature with a certificate's key.</summary>
    public Outcome Verify(X509Certificate2 signer)
    {
        try
        {
            if (SignatureAlgorithm.TryRead(_algorithm) is not { } algorithm)
                return Outcome.NotTaken;
            return algorithm.RsaPadding is { } padding
                ? VerifyRsa(signer, algorithm.Hash, padding)
                : VerifyEcdsa(signer, algorithm.Hash);
        }
        catch (Exception exception) when (exception is CryptographicException or AsnContentException)
        {
            return Outcome.Wrong; // the key, or the signature, is none
        }
    }

    private Outcome VerifyRsa(X509Certificate2 signer, HashAlgorithmName hash, RSASignaturePadding padding)
    {
        using RSA? key = signer.GetRSAPublicKey();
        if (key is null)
            return Outcome.Wrong;
        if (key.KeySize is < LeastRsaBits or > MostRsaBits)
            return Outcome.NotTaken;
        return key.VerifyData(_content.Span, _signature.Span, hash, padding) ? Outcome.Right : Outcome.Wrong;
    }

    private Outcome VerifyEcdsa(X509Certificate2 signer, HashAlgorithmName hash)
    {
        using ECDsa? key = signer.GetECDsaPublicKey();
        if (key is null)
            return Outcome.Wrong;
        ECCurve curve = key.ExportParameters(includePrivateParameters: false).Curve;
        if (!curve.IsNamed || key.KeySize < LeastCurveBits)
            return Outcome.NotTaken;
        return key.VerifyData(_content.Span, _signature.Span, hash, DSASignatureFormat.Rfc3279DerSequence)
            ? Outcome.Right
            : Outcome.Wrong;
    }
}
