namespace SynHello.Sockets;

/// <summary>What Fast Open did for one dialed connection, as the kernel tells it.</summary>
public enum FastOpenOutcome
{
    /// <summary>Fast Open was not asked for, or there was no data that could ride in the SYN.</summary>
    Off,

    /// <summary>The SYN carried a cookie and data, and the SYN-ACK acknowledged that data.</summary>
    Cookie,

    /// <summary>The SYN carried data without a cookie, and the SYN-ACK acknowledged that data.</summary>
    Cookieless,

    /// <summary>No cookie was at hand: a plain handshake, which asked for one (RFC 7413, section 4.2.1).</summary>
    CookieRequested,

    /// <summary>
    /// The data was in the SYN and the server did not take it. The kernel sent it again behind its ACK: nothing is
    /// lost but the round trip that was to be saved.
    /// </summary>
    Ignored,

    /// <summary>
    /// A plain handshake, or a SYN that had to be sent again and went without data: a SYN with Fast Open was not answered
    /// in time, the path is left alone because of an earlier one (<see cref="FastOpenPaths"/>, or the kernel's own
    /// judgment), another address was dialed beside it, or a local packet filter refused the SYN with data.
    /// </summary>
    Fallback,

    /// <summary>This system has no Fast Open for clients, or does not allow it: a plain handshake.</summary>
    Unsupported,

    /// <summary>No verdict yet: the SYN has not been answered, or the connection ended before it was.</summary>
    Pending,
}
