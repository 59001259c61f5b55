using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace SynHello.Crypto;

/// <summary>
/// Whose signature is on a certificate, to tell roots from what only shares their name. No verdict on a chain rests on it: that is
/// X509Chain's.
/// </summary>
internal static class CertificateSignature
{
    private const string Pss = "1.2.840.113549.1.1.10";

    /// <summary>Whether a key has signed a certificate.</summary>
    /// <returns>Null when it cannot be told: the algorithm is not known here, or something cannot be read.</returns>
    public static bool? IsBy(X509Certificate2 certificate, PublicKey key)
    {
        try
        {
            // Certificate ::= SEQUENCE { tbsCertificate, signatureAlgorithm, signatureValue } (RFC 5280 section 4.1)
            var reader = new AsnReader(certificate.RawDataMemory, AsnEncodingRules.BER).ReadSequence();
            var content = reader.ReadEncodedValue().Span;
            var algorithm = reader.ReadSequence();
            var signature = reader.ReadBitString(out _);
            var identifier = algorithm.ReadObjectIdentifier();
            if (HashOf(identifier == Pss ? PssHash(algorithm) : identifier) is not { } hash)
                return null;

            using var rsa = key.GetRSAPublicKey();
            if (rsa is not null)
            {
                if (identifier != Pss)
                    return rsa.VerifyData(content, signature, hash, RSASignaturePadding.Pkcs1);

                // What does not verify may have a salt of another length.
                return rsa.VerifyData(content, signature, hash, RSASignaturePadding.Pss) ? true : null;
            }

            using var ecdsa = key.GetECDsaPublicKey();
            return ecdsa?.VerifyData(content, signature, hash, DSASignatureFormat.Rfc3279DerSequence);
        }
        catch (Exception e) when (e is AsnContentException or CryptographicException)
        {
            return null;
        }
    }

    /// <summary>The hash among the parameters of RSASSA-PSS (RFC 4055 section 3.1); SHA-1 when there is none.</summary>
    private static string PssHash(AsnReader algorithm)
    {
        var tag = new Asn1Tag(TagClass.ContextSpecific, 0, isConstructed: true);
        var parameters = algorithm.ReadSequence();
        return parameters.HasData && parameters.PeekTag() == tag
            ? parameters.ReadSequence(tag).ReadSequence().ReadObjectIdentifier()
            : "1.3.14.3.2.26";
    }

    private static HashAlgorithmName? HashOf(string identifier) => identifier switch
    {
        "1.2.840.113549.1.1.11" or "1.2.840.10045.4.3.2" or "2.16.840.1.101.3.4.2.1" => HashAlgorithmName.SHA256,
        "1.2.840.113549.1.1.12" or "1.2.840.10045.4.3.3" or "2.16.840.1.101.3.4.2.2" => HashAlgorithmName.SHA384,
        "1.2.840.113549.1.1.13" or "1.2.840.10045.4.3.4" or "2.16.840.1.101.3.4.2.3" => HashAlgorithmName.SHA512,
        "1.2.840.113549.1.1.5" or "1.2.840.10045.4.1" or "1.3.14.3.2.26" => HashAlgorithmName.SHA1,
        "1.2.840.113549.1.1.4" => HashAlgorithmName.MD5,
        _ => null,
    };
}
