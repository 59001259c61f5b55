namespace SynHello.Sockets;

/// <summary>Why a connection with Fast Open gave way to a plain one.</summary>
public enum FastOpenFallbackReason
{
    /// <summary>The SYN was not answered in time, and a plain one was.</summary>
    NotAnswered,

    /// <summary>The SYN was answered by an error, a reset for instance, and a plain one was not.</summary>
    Refused,

    /// <summary>The connection was reset after the SYN-ACK and before the peer's first byte.</summary>
    Reset,

    /// <summary>Nothing came after the SYN-ACK for so long that the connection was given up.</summary>
    Silent,
}
