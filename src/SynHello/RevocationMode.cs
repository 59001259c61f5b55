namespace SynHello;

/// <summary>How a client finds out whether a server's certificates were revoked.</summary>
public enum RevocationMode
{
    /// <summary>
    /// Not at all. OCSP responses that come with certificates are not looked at, and Must-Staple (RFC 7633) is not enforced.
    /// </summary>
    Off,

    /// <summary>
    /// By the OCSP responses that the server sends with its certificates (RFC 6066 section 8, RFC 8446 section 4.4.2.1). One that came is
    /// verified in full, and one that does not prove its certificate good ends the handshake. Where none came, the certificate is
    /// taken, unless it demands one (RFC 7633). Nothing is fetched from anybody, ever.
    /// </summary>
    Staple,

    /// <summary>
    /// As <see cref="Staple"/>; and where no response has proven a certificate good, the responder that it names is asked over HTTP
    /// while the handshake waits (RFC 6960). The responder learns which certificate this client looks at.
    /// </summary>
    Online,

    /// <summary>
    /// As <see cref="Staple"/>; and where no response has proven a certificate good, X509Chain looks it up in the certificate
    /// revocation list that it names, which .NET fetches while the handshake waits, and keeps in its own cache. Where that list cannot be
    /// used, .NET asks the OCSP responder that the certificate names, by rules of its own, which take SHA-1 too. A certificate that
    /// names no list is not looked up. Four are looked up at a time, each on a thread of its own.
    /// </summary>
    Crl,
}
