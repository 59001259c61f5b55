namespace SynHello;

/// <summary>What can be wrong with the certificate chain that a server shows.</summary>
public enum ChainProblemKind
{
    /// <summary>
    /// A self-signed root is in it: who trusts it has it, and who has not does not trust it for being sent (RFC 8446 section 4.4.2).
    /// </summary>
    SelfSignedRoot,

    /// <summary>
    /// It ends with a certificate of an authority that is no root of this system's, and whose certificate can be fetched. Clients do not
    /// fetch it, or spend round trips on it.
    /// </summary>
    MissingIntermediate,

    /// <summary>A certificate stands in front of those that it certifies (RFC 8446 section 4.4.2).</summary>
    WrongOrder,

    /// <summary>A certificate certifies none of the others.</summary>
    Unrelated,

    /// <summary>A certificate has expired.</summary>
    Expired,

    /// <summary>A certificate ends within 14 days.</summary>
    ExpiresSoon,

    /// <summary>A certificate is not valid yet.</summary>
    NotYetValid,

    /// <summary>A certificate cannot be read.</summary>
    Unreadable,

    /// <summary>
    /// A key is weaker than RSA with 2,048 bits, or a signature was made over MD5 or SHA-1 (RFC 8446 section 4.4.2.4): clients refuse it,
    /// this stack's among them.
    /// </summary>
    Weak,

    /// <summary>
    /// The server's flight does not fit into three times the first packet of a client without a Fast Open cookie, compressed or not:
    /// such a handshake costs another round trip.
    /// </summary>
    AboveAddressValidationBudget,

    /// <summary>The server's flight does not fit into the initial window: each full handshake costs another round trip.</summary>
    AboveInitialWindow,
}
