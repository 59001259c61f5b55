namespace SynHello.Capture;

/// <summary>What a SYN says in its Fast Open option (RFC 7413, section 4.1.1).</summary>
public enum FastOpenCookie
{
    /// <summary>
    /// The SYN has no Fast Open option. It may carry data all the same: that is a cookieless opening.
    /// </summary>
    None,

    /// <summary>The SYN asks the server for a cookie.</summary>
    Requested,

    /// <summary>The SYN presents a cookie.</summary>
    Sent,
}
