namespace SynHello.Sockets;

/// <summary>How a connection was dialed: what is known before the peer has said anything.</summary>
internal enum FastOpenAttempt
{
    /// <summary>Fast Open was not asked for.</summary>
    Off,

    /// <summary>The system refused the socket option.</summary>
    Unsupported,

    /// <summary>The option is set, yet the kernel made a plain handshake that asked for a cookie.</summary>
    CookieRequested,

    /// <summary>The option is set, yet the kernel made a plain handshake: it takes the path for a black hole.</summary>
    HeldBack,

    /// <summary>Data was sent in the SYN, with a cookie unless the system is set up to need none.</summary>
    InSyn,

    /// <summary>Data was sent in the SYN, without a cookie.</summary>
    InSynWithoutCookie,
}
