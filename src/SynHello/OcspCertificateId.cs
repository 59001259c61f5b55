using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace SynHello;

/// <summary>Which certificate is meant: hashes of its issuer's name and key, and its serial number (CertID, RFC 6960 section 4.1.1).</summary>
internal sealed class OcspCertificateId
{
    private const string Sha1 = "1.3.14.3.2.26";
    private const string Sha256 = "2.16.840.1.101.3.4.2.1";

    private OcspCertificateId(
        string hashAlgorithm, ReadOnlyMemory<byte> issuerNameHash, ReadOnlyMemory<byte> issuerKeyHash, ReadOnlyMemory<byte> serialNumber)
    {
        HashAlgorithm = hashAlgorithm;
        IssuerNameHash = issuerNameHash;
        IssuerKeyHash = issuerKeyHash;
        SerialNumber = serialNumber;
    }

    /// <summary>The hash's object identifier.</summary>
    public string HashAlgorithm { get; }

    /// <summary>The hash of the issuer's name as it stands in the certificate.</summary>
    public ReadOnlyMemory<byte> IssuerNameHash { get; }

    /// <summary>The hash of the issuer's public key, without its algorithm.</summary>
    public ReadOnlyMemory<byte> IssuerKeyHash { get; }

    /// <summary>The content octets of the serial number.</summary>
    public ReadOnlyMemory<byte> SerialNumber { get; }

    /// <summary>The identifier of a certificate with SHA-1, which is no matter of security here, and the one that responders know.</summary>
    public static OcspCertificateId Of(X509Certificate2 certificate, X509Certificate2 issuer) => new(
        Sha1,
        Hash(Sha1, certificate.IssuerName.RawData),
        Hash(Sha1, issuer.PublicKey.EncodedKeyValue.RawData),
        certificate.SerialNumberBytes);

    /// <summary>SHA-1 of a certificate's public key, by which responders name themselves (KeyHash, RFC 6960 section 4.2.1).</summary>
    public static byte[] KeyHashOf(X509Certificate2 certificate) => Hash(Sha1, certificate.PublicKey.EncodedKeyValue.RawData);

    /// <summary>Reads an identifier.</summary>
    /// <exception cref="AsnContentException">It is none.</exception>
    public static OcspCertificateId Read(AsnReader reader)
    {
        AsnReader sequence = reader.ReadSequence();
        AsnReader algorithm = sequence.ReadSequence();
        string hashAlgorithm = algorithm.ReadObjectIdentifier();
        if (algorithm.HasData)
            algorithm.ReadNull();
        algorithm.ThrowIfNotEmpty();
        var id = new OcspCertificateId(
            hashAlgorithm, ReadOctets(sequence), ReadOctets(sequence), sequence.ReadIntegerBytes());
        sequence.ThrowIfNotEmpty();
        return id;
    }

    /// <summary>Writes the identifier.</summary>
    public void Write(AsnWriter writer)
    {
        using (writer.PushSequence())
        {
            using (writer.PushSequence())
            {
                writer.WriteObjectIdentifier(HashAlgorithm);
                writer.WriteNull();
            }

            writer.WriteOctetString(IssuerNameHash.Span);
            writer.WriteOctetString(IssuerKeyHash.Span);
            writer.WriteInteger(SerialNumber.Span);
        }
    }

    /// <summary>Whether this certificate of this issuer is meant; false with a hash other than SHA-1 and SHA-256.</summary>
    public bool Matches(X509Certificate2 certificate, X509Certificate2 issuer) =>
        HashAlgorithm is Sha1 or Sha256
        && SerialNumber.Span.SequenceEqual(certificate.SerialNumberBytes.Span)
        && IssuerNameHash.Span.SequenceEqual(Hash(HashAlgorithm, certificate.IssuerName.RawData))
        && IssuerKeyHash.Span.SequenceEqual(Hash(HashAlgorithm, issuer.PublicKey.EncodedKeyValue.RawData));

    private static ReadOnlyMemory<byte> ReadOctets(AsnReader reader) =>
        reader.TryReadPrimitiveOctetString(out ReadOnlyMemory<byte> octets)
            ? octets
            : throw new AsnContentException("An octet string is not in its DER form.");

#pragma warning disable CA5350 // SHA-1 finds a certificate here; what is said of it is bound by the responder's signature.
    private static byte[] Hash(string algorithm, ReadOnlySpan<byte> data) =>
        algorithm == Sha1 ? SHA1.HashData(data) : SHA256.HashData(data);
#pragma warning restore CA5350
}
