namespace SynHello.Lab;

/// <summary>Which way a packet crosses the wire. The client of a flow is the end that sent its first SYN.</summary>
public enum PacketDirection
{
    /// <summary>From the end that opened the flow.</summary>
    ClientToServer,

    /// <summary>From the end that was dialed.</summary>
    ServerToClient,
}
