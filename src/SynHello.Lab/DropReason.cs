namespace SynHello.Lab;

/// <summary>Why the wire did not deliver a packet.</summary>
public enum DropReason
{
    /// <summary>Random loss: <see cref="EmulatedWireOptions.Loss"/>.</summary>
    Loss,

    /// <summary>
    /// A SYN with a payload, on a wire that drops those: <see cref="EmulatedWireOptions.DropSynData"/>.
    /// </summary>
    SynData,

    /// <summary><see cref="EmulatedWireOptions.Rule"/> answered <see cref="PacketVerdict.Drop"/>.</summary>
    Rule,

    /// <summary>
    /// As many packets were in flight as the wire holds: <see cref="EmulatedWireOptions.MaxInFlight"/>.
    /// </summary>
    QueueFull,
}
