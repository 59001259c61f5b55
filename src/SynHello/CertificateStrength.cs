using System.Formats.Asn1;
using System.Security.Cryptography.X509Certificates;

using SynHello.Crypto;
using SynHello.Wire;

namespace SynHello;

/// <summary>
/// Whether the keys and signatures of a chain can still be believed: X509Chain takes any that verify. Below the root every key has to
/// be as strong as RSA with 2,048 bits, and no certificate signed over MD5 or SHA-1 (RFC 8446 section 4.4.2.4); what the root
/// says of itself is not looked at, because it is trusted for being known.
/// </summary>
internal static class CertificateStrength
{
    private const int LeastRsaBits = DerSignature.LeastRsaBits;
    private const int LeastCurveBits = DerSignature.LeastCurveBits;

    private const string RsaEncryption = "1.2.840.113549.1.1.1";
    private const string Pss = "1.2.840.113549.1.1.10";
    private const string EcPublicKey = "1.2.840.10045.2.1";
    private const string Dsa = "1.2.840.10040.4.1";

    /// <summary>Looks for the first weakness, from the end entity on.</summary>
    /// <param name="peer">Whose chain it is, in words.</param>
    /// <param name="elements">The chain as it was built, the end entity first.</param>
    /// <returns>Null when there is none.</returns>
    public static TlsProtocolException? Check(string peer, X509ChainElementCollection elements)
    {
        for (int i = 0; i < elements.Count; i++)
        {
            X509Certificate2 certificate = elements[i].Certificate;
            bool isRoot = i == elements.Count - 1
                && certificate.SubjectName.RawData.AsSpan().SequenceEqual(certificate.IssuerName.RawData);
            if (isRoot && i > 0)
                break;
            string whose = i == 0 ? $"the {peer}'s certificate" : $"an authority of the {peer}'s chain";
            try
            {
                if (Describe(certificate, isRoot) is var (what, why))
                    return new TlsProtocolException(TlsErrorCause.WeakCertificate, $"The {what} {whose} is too weak: {why}.");
            }
            catch (AsnContentException exception)
            {
                return new TlsProtocolException(
                    TlsErrorCause.MalformedCertificate, $"A certificate of the {peer}'s chain cannot be read.", exception);
            }
        }

        return null;
    }

    /// <summary>Says what is weak about one certificate.</summary>
    /// <param name="certificate">The certificate.</param>
    /// <param name="isRoot">Whether it vouches for itself, so that its signature says nothing.</param>
    /// <returns>The key or the signature, and why; null when nothing is.</returns>
    /// <exception cref="AsnContentException">It cannot be read.</exception>
    public static (string What, string Why)? Describe(X509Certificate2 certificate, bool isRoot) =>
        DescribeWeakKey(certificate.PublicKey) is { } key ? ("key of", key)
        : !isRoot && DescribeWeakSignature(certificate.RawDataMemory) is { } hash ? ("signature on", hash)
        : null;

    private static string? DescribeWeakKey(PublicKey key)
    {
        ReadOnlyMemory<byte> value = key.EncodedKeyValue.RawData;
        switch (key.Oid.Value)
        {
            case RsaEncryption or Pss:
                int bits = BitsOf(new AsnReader(value, AsnEncodingRules.BER).ReadSequence().ReadIntegerBytes().Span);
                return bits < LeastRsaBits ? $"RSA with {bits} bits, and {LeastRsaBits} are the least" : null;
            case EcPublicKey:
                // A point: its form, then one coordinate or both (SEC 1 section 2.3.3).
                int octets = value.Span is [2 or 3, ..] ? value.Length - 1 : (value.Length - 1) / 2;
                return octets * 8 < LeastCurveBits ? $"a curve of {octets * 8} bits, and {LeastCurveBits} are the least" : null;
            case Dsa:
                return "DSA";
            default:
                return null; // X509Chain could use it: nothing older than the others
        }
    }

    private static string? DescribeWeakSignature(ReadOnlyMemory<byte> certificate)
    {
        AsnReader reader = new AsnReader(certificate, AsnEncodingRules.BER).ReadSequence();
        reader.ReadEncodedValue(); // tbsCertificate
        AsnReader algorithm = reader.ReadSequence();
        string identifier = algorithm.ReadObjectIdentifier();
        return identifier == Pss ? DescribeWeakPss(algorithm) : WeakHashOf(identifier);
    }

    /// <summary>RSASSA-PSS has its hash among its parameters; SHA-1 when it is not there (RFC 4055 section 3.1).</summary>
    private static string? DescribeWeakPss(AsnReader algorithm)
    {
        var hashTag = new Asn1Tag(TagClass.ContextSpecific, 0, isConstructed: true);
        AsnReader? parameters = algorithm.HasData ? algorithm.ReadSequence() : null;
        return parameters is { HasData: true } && parameters.PeekTag() == hashTag
            ? WeakHashOf(parameters.ReadSequence(hashTag).ReadSequence().ReadObjectIdentifier())
            : "SHA-1";
    }

    private static string? WeakHashOf(string identifier) => identifier switch
    {
        "1.2.840.113549.1.1.5" or "1.2.840.10045.4.1" or "1.2.840.10040.4.3" => "SHA-1",
        "1.3.14.3.2.29" or "1.3.14.3.2.27" or "1.3.14.3.2.26" => "SHA-1",
        "1.2.840.113549.1.1.4" or "1.3.14.3.2.3" or "1.2.840.113549.2.5" => "MD5",
        "1.2.840.113549.1.1.3" or "1.3.14.3.2.2" or "1.3.14.3.2.4" or "1.2.840.113549.2.4" => "MD4",
        "1.2.840.113549.1.1.2" or "1.2.840.113549.2.2" => "MD2",
        _ => null,
    };

    private static int BitsOf(ReadOnlySpan<byte> integer)
    {
        integer = integer.TrimStart((byte)0);
        return integer.IsEmpty ? 0 : (integer.Length * 8) - byte.LeadingZeroCount(integer[0]);
    }
}
