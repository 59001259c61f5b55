namespace SynHello.Tls;

/// <summary>Whether a server asks clients for a certificate.</summary>
public enum TlsClientCertificateMode
{
    /// <summary>It does not.</summary>
    None,

    /// <summary>It asks, and takes clients that have none.</summary>
    Requested,

    /// <summary>It asks, and takes none without (certificate_required, RFC 8446 section 6.2).</summary>
    Required,
}
