namespace SynHello.Sockets;

/// <summary>What a caller asks of TCP Fast Open (RFC 7413).</summary>
public enum FastOpenMode
{
    /// <summary>A plain three-way handshake.</summary>
    Off,

    /// <summary>
    /// Data rides in the SYN once the server has handed out a cookie (RFC 7413, section 4.1). The first contact is a
    /// plain handshake that asks for the cookie.
    /// </summary>
    Cookie,

    /// <summary>
    /// Data rides in the SYN without a cookie, on the first contact too (RFC 7413, section 7.3). Both ends have to
    /// agree on it out of band, and a server has to bound what an unproven address can draw from it.
    /// </summary>
    Cookieless,
}
