namespace SynHello.Sockets;

/// <summary>What was negotiated on a connection: the option bits of Linux's <c>TCP_INFO</c>.</summary>
[Flags]
public enum TcpInfoOptions
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Timestamps (RFC 7323).</summary>
    Timestamps = 0x01,

    /// <summary>Selective acknowledgments (RFC 2018).</summary>
    SelectiveAcknowledgment = 0x02,

    /// <summary>Window scaling (RFC 7323).</summary>
    WindowScale = 0x04,

    /// <summary>Explicit congestion notification (RFC 3168).</summary>
    ExplicitCongestionNotification = 0x08,

    /// <summary>At least one packet came with an ECN-capable mark.</summary>
    ExplicitCongestionNotificationSeen = 0x10,

    /// <summary>The SYN-ACK acknowledged data in the SYN: sent in it at a client, received in it at a server.</summary>
    SynData = 0x20,

    /// <summary>The kernel's microsecond timestamps are in use (Linux 6.7 and later).</summary>
    MicrosecondTimestamps = 0x40,

    /// <summary>A server's connection that was opened by Fast Open (newer kernels only).</summary>
    FastOpenChild = 0x80,
}
