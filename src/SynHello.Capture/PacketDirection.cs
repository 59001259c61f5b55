namespace SynHello.Capture;

/// <summary>Which way a packet crossed the wire.</summary>
public enum PacketDirection
{
    /// <summary>From the end that opened the connection to the end that listened.</summary>
    ClientToServer,

    /// <summary>From the end that listened to the end that opened the connection.</summary>
    ServerToClient,
}
