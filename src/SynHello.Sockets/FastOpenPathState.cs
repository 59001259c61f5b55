namespace SynHello.Sockets;

/// <summary>What Fast Open did last on a path.</summary>
public enum FastOpenPathState
{
    /// <summary>Nothing is known of it: no connection with data in its SYN has shown how the path takes it.</summary>
    Unknown,

    /// <summary>A SYN with data passed, and the peer has answered on that connection.</summary>
    Taken,

    /// <summary>Data that came without a cookie was not taken. Meanwhile cookies are asked for.</summary>
    Ignored,

    /// <summary>
    /// A SYN with Fast Open was not answered, or the connection that came of it died at once, and a plain one was made
    /// instead.
    /// </summary>
    Blackholed,
}
