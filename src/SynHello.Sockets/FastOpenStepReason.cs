namespace SynHello.Sockets;

/// <summary>Why a <see cref="FastOpenListener"/> asks less, or more, of Fast Open than before.</summary>
public enum FastOpenStepReason
{
    /// <summary>Too many connections at a time have an address that is not proven.</summary>
    UnprovenConnections,

    /// <summary>The kernel's queue of unproven connections was full (its counter TCPFastOpenListenOverflow).</summary>
    QueueOverflow,

    /// <summary>
    /// The kernel's queue of plain SYNs was full, so that it answers with SYN cookies, or drops SYNs where those are
    /// off (its counters TCPReqQFullDoCookies and TCPReqQFullDrop).
    /// </summary>
    SynQueueFull,

    /// <summary>The pressure has passed.</summary>
    Calm,
}
