using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

#pragma warning disable CA5350 // SHA-1 is what the RFC identifies certificates with.

namespace SynHello.Testing;

/// <summary>Makes OCSP responses (RFC 6960 section 4.2.1), right ones and all kinds of wrong ones.</summary>
/// <param name="certificate">The certificate that they are about.</param>
/// <param name="issuer">Who has issued it; with its private key when it signs.</param>
/// <param name="now">The time that the default times are around.</param>
public sealed class OcspResponseBuilder(X509Certificate2 certificate, X509Certificate2 issuer, DateTimeOffset now)
{
    public const string Good = "good";
    public const string Revoked = "revoked";
    public const string Unknown = "unknown";

    private const string Sha1Id = "1.3.14.3.2.26";
    private const string Sha256Id = "2.16.840.1.101.3.4.2.1";

    /// <summary>Who signs; the issuer by default.</summary>
    public X509Certificate2? Signer { get; set; }

    /// <summary>Whom the response names as its responder; the signer by default.</summary>
    public X509Certificate2? NamedResponder { get; set; }

    public bool NamesResponderByKey { get; set; }

    /// <summary>What comes with it.</summary>
    public IList<X509Certificate2> Certificates { get; } = [];

    /// <summary>What is said of the certificate, one single response each.</summary>
    public IList<string> Statuses { get; set; } = [Good];

    public DateTimeOffset RevokedAt { get; set; } = now.AddHours(-3);

    public int? RevocationReason { get; set; }

    public DateTimeOffset ThisUpdate { get; set; } = now.AddHours(-1);

    public DateTimeOffset? NextUpdate { get; set; } = now.AddHours(23);

    public HashAlgorithmName SignatureHash { get; set; } = HashAlgorithmName.SHA256;

    public RSASignaturePadding Padding { get; set; } = RSASignaturePadding.Pkcs1;

    /// <summary>Whether the certificate is identified with SHA-256 instead of SHA-1.</summary>
    public bool IdentifiesWithSha256 { get; set; }

    /// <summary>Whom the response names as the issuer; the issuer by default.</summary>
    public X509Certificate2? NamedIssuer { get; set; }

    /// <summary>Adds an extension that nobody knows, to "response" or "single".</summary>
    public string? CriticalExtensionIn { get; set; }

    /// <summary>Adds a nonce and an explicit version, as some responders do.</summary>
    public bool SaysMoreThanNeeded { get; set; }

    /// <summary>A response without an answer.</summary>
    public static byte[] Error(byte status) => [0x30, 3, 0x0A, 1, status];

    public byte[] Build()
    {
        byte[] data = BuildData();
        var basic = new AsnWriter(AsnEncodingRules.DER);
        using (basic.PushSequence())
        {
            basic.WriteEncodedValue(data);
            Sign(basic, data);
            if (Certificates.Count > 0)
            {
                using (basic.PushSequence(Tag(0)))
                using (basic.PushSequence())
                {
                    foreach (X509Certificate2 brought in Certificates)
                        basic.WriteEncodedValue(brought.RawData);
                }
            }
        }

        var response = new AsnWriter(AsnEncodingRules.DER);
        using (response.PushSequence())
        {
            response.WriteEncodedValue([0x0A, 1, 0]);
            using (response.PushSequence(Tag(0)))
            using (response.PushSequence())
            {
                response.WriteObjectIdentifier("1.3.6.1.5.5.7.48.1.1");
                response.WriteOctetString(basic.Encode());
            }
        }

        return response.Encode();
    }

    private byte[] BuildData()
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            if (SaysMoreThanNeeded)
            {
                using (writer.PushSequence(Tag(0)))
                    writer.WriteInteger(0);
            }

            X509Certificate2 responder = NamedResponder ?? Signer ?? issuer;
            using (writer.PushSequence(Tag(NamesResponderByKey ? 2 : 1)))
            {
                if (NamesResponderByKey)
                    writer.WriteOctetString(SHA1.HashData(responder.PublicKey.EncodedKeyValue.RawData));
                else
                    writer.WriteEncodedValue(responder.SubjectName.RawData);
            }

            writer.WriteGeneralizedTime(ThisUpdate, omitFractionalSeconds: true);
            using (writer.PushSequence())
            {
                foreach (string status in Statuses)
                    WriteSingle(writer, status);
            }

            WriteExtensions(writer, "response");
        }

        return writer.Encode();
    }

    private void WriteSingle(AsnWriter writer, string status)
    {
        using (writer.PushSequence())
        {
            WriteCertificateId(writer);
            switch (status)
            {
                case Good:
                    writer.WriteNull(new Asn1Tag(TagClass.ContextSpecific, 0));
                    break;

                case Revoked:
                    using (writer.PushSequence(Tag(1)))
                    {
                        writer.WriteGeneralizedTime(RevokedAt, omitFractionalSeconds: true);
                        if (RevocationReason is { } reason)
                        {
                            using (writer.PushSequence(Tag(0)))
                                writer.WriteEncodedValue([0x0A, 1, (byte)reason]);
                        }
                    }

                    break;

                default:
                    writer.WriteNull(new Asn1Tag(TagClass.ContextSpecific, 2));
                    break;
            }

            writer.WriteGeneralizedTime(ThisUpdate, omitFractionalSeconds: true);
            if (NextUpdate is { } next)
            {
                using (writer.PushSequence(Tag(0)))
                    writer.WriteGeneralizedTime(next, omitFractionalSeconds: true);
            }

            WriteExtensions(writer, "single");
        }
    }

    private void WriteCertificateId(AsnWriter writer)
    {
        X509Certificate2 named = NamedIssuer ?? issuer;
        using (writer.PushSequence())
        {
            using (writer.PushSequence())
            {
                writer.WriteObjectIdentifier(IdentifiesWithSha256 ? Sha256Id : Sha1Id);
                writer.WriteNull();
            }

            writer.WriteOctetString(Hash(named.SubjectName.RawData));
            writer.WriteOctetString(Hash(named.PublicKey.EncodedKeyValue.RawData));
            writer.WriteInteger(certificate.SerialNumberBytes.Span);
        }
    }

    private byte[] Hash(byte[] data) => IdentifiesWithSha256 ? SHA256.HashData(data) : SHA1.HashData(data);

    private void WriteExtensions(AsnWriter writer, string place)
    {
        bool hasNonce = SaysMoreThanNeeded && place == "response";
        if (CriticalExtensionIn != place && !hasNonce)
            return;
        using (writer.PushSequence(Tag(1)))
        using (writer.PushSequence())
        {
            if (hasNonce)
            {
                using (writer.PushSequence())
                {
                    writer.WriteObjectIdentifier("1.3.6.1.5.5.7.48.1.2");
                    writer.WriteBoolean(false);
                    writer.WriteOctetString([4, 2, 1, 2]);
                }
            }

            if (CriticalExtensionIn == place)
            {
                using (writer.PushSequence())
                {
                    writer.WriteObjectIdentifier("1.3.6.1.4.1.55555.2");
                    writer.WriteBoolean(true);
                    writer.WriteOctetString([5, 0]);
                }
            }
        }
    }

    private void Sign(AsnWriter writer, byte[] data)
    {
        byte[] signature;
        X509Certificate2 signer = Signer ?? issuer;
        using ECDsa? ecdsa = signer.GetECDsaPrivateKey();
        using RSA? rsa = signer.GetRSAPrivateKey();
        if (ecdsa is not null)
        {
            var generator = X509SignatureGenerator.CreateForECDsa(ecdsa);
            writer.WriteEncodedValue(
                SignatureHash == HashAlgorithmName.SHA1
                    ? [0x30, 9, 6, 7, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 4, 1]
                    : generator.GetSignatureAlgorithmIdentifier(SignatureHash));
            signature = ecdsa.SignData(data, SignatureHash, DSASignatureFormat.Rfc3279DerSequence);
        }
        else if (rsa is not null)
        {
            writer.WriteEncodedValue(
                SignatureHash == HashAlgorithmName.SHA1
                    ? [0x30, 13, 6, 9, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 1, 5, 5, 0]
                    : X509SignatureGenerator.CreateForRSA(rsa, Padding).GetSignatureAlgorithmIdentifier(SignatureHash));
            signature = rsa.SignData(data, SignatureHash, Padding);
        }
        else
        {
            throw new InvalidOperationException("The signer has no private key.");
        }

        writer.WriteBitString(signature);
    }

    private static Asn1Tag Tag(int value) => new(TagClass.ContextSpecific, value, isConstructed: true);
}
