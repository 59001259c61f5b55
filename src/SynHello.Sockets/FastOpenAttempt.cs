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

    /// <summary>
    /// Fast Open was asked for, and it is a plain handshake: the path is taken for a black hole, by the kernel or by the
    /// memory of paths, or it is dialed beside another attempt.
    /// </summary>
    HeldBack,

    /// <summary>Data was sent in the SYN, with a cookie unless the system is set up to need none.</summary>
    InSyn,

    /// <summary>Data was sent in the SYN, without a cookie.</summary>
    InSynWithoutCookie,
}
