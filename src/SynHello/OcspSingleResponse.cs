using System.Formats.Asn1;
using System.Security.Cryptography.X509Certificates;

namespace SynHello;

/// <summary>What a response says of one certificate (SingleResponse, RFC 6960 section 4.2.1).</summary>
internal sealed class OcspSingleResponse
{
    /// <summary>Which certificate is meant.</summary>
    public required OcspCertificateId CertificateId { get; init; }

    /// <summary>What is said of it.</summary>
    public required OcspCertificateStatus Status { get; init; }

    /// <summary>When it was revoked; null when it was not.</summary>
    public DateTimeOffset? RevokedAt { get; init; }

    /// <summary>Why it was revoked; null when that is not said.</summary>
    public X509RevocationReason? RevocationReason { get; init; }

    /// <summary>When what is said was known to be right.</summary>
    public required DateTimeOffset ThisUpdate { get; init; }

    /// <summary>By when newer information is available; null when it is all the time.</summary>
    public DateTimeOffset? NextUpdate { get; init; }

    /// <summary>Reads one.</summary>
    /// <param name="reader">Stands in front of it.</param>
    /// <param name="criticalExtension">The first critical extension; left as it is when there is none.</param>
    /// <exception cref="AsnContentException">It is none.</exception>
    public static OcspSingleResponse Read(AsnReader reader, ref string? criticalExtension)
    {
        AsnReader sequence = reader.ReadSequence();
        OcspCertificateId id = OcspCertificateId.Read(sequence);
        DateTimeOffset? revokedAt = null;
        X509RevocationReason? reason = null;
        OcspCertificateStatus status = ReadStatus(sequence, ref revokedAt, ref reason);
        DateTimeOffset thisUpdate = sequence.ReadGeneralizedTime();
        DateTimeOffset? nextUpdate = null;
        if (OcspResponse.TryReadExplicit(sequence, 0) is { } next)
        {
            nextUpdate = next.ReadGeneralizedTime();
            next.ThrowIfNotEmpty();
        }

        OcspResponse.ReadExtensions(sequence, ref criticalExtension);
        sequence.ThrowIfNotEmpty();
        return new OcspSingleResponse
        {
            CertificateId = id,
            Status = status,
            RevokedAt = revokedAt,
            RevocationReason = reason,
            ThisUpdate = thisUpdate,
            NextUpdate = nextUpdate,
        };
    }

    private static OcspCertificateStatus ReadStatus(AsnReader reader, ref DateTimeOffset? revokedAt, ref X509RevocationReason? reason)
    {
        Asn1Tag tag = reader.PeekTag();
        if (tag.TagClass != TagClass.ContextSpecific)
            throw new AsnContentException("There is no certificate status.");
        switch (tag.TagValue)
        {
            case 0:
                reader.ReadNull(new Asn1Tag(TagClass.ContextSpecific, 0));
                return OcspCertificateStatus.Good;

            case 1:
                AsnReader revoked = reader.ReadSequence(new Asn1Tag(TagClass.ContextSpecific, 1, isConstructed: true));
                revokedAt = revoked.ReadGeneralizedTime();
                if (OcspResponse.TryReadExplicit(revoked, 0) is { } explained)
                {
                    reason = explained.ReadEnumeratedValue<X509RevocationReason>();
                    explained.ThrowIfNotEmpty();
                }

                revoked.ThrowIfNotEmpty();
                return OcspCertificateStatus.Revoked;

            case 2:
                reader.ReadNull(new Asn1Tag(TagClass.ContextSpecific, 2));
                return OcspCertificateStatus.Unknown;

            default:
                throw new AsnContentException("The certificate status is none that is known.");
        }
    }
}
