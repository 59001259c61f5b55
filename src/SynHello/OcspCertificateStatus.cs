namespace SynHello;

/// <summary>What a responder says of a certificate (CertStatus, RFC 6960 section 4.2.1).</summary>
internal enum OcspCertificateStatus
{
    /// <summary>It was not revoked.</summary>
    Good,

    /// <summary>It was revoked, for good or for a while.</summary>
    Revoked,

    /// <summary>The responder does not know it.</summary>
    Unknown,
}
