namespace SynHello.Lab;

/// <summary>
/// One IP packet on an <see cref="EmulatedWire"/>, as seen from the client: packets from the client carry the addresses
/// the client wrote, packets from the server the addresses the client receives. A flow therefore shows one pair of
/// endpoints (client <see cref="EmulatedWire.LocalAddress"/>, server <see cref="EmulatedWire.RemoteAddress"/>), and its
/// checksums are valid.
/// </summary>
/// <param name="Sequence">The packet's number on this wire, from 1, in the order in which packets entered it.</param>
/// <param name="Direction">Who sent it.</param>
/// <param name="SentAt">When it entered the wire, counted from the start of the wire.</param>
/// <param name="DeliveredAt">When it left the wire; null as long as it has not, and for a dropped packet.</param>
/// <param name="Bytes">
/// The whole IP packet. It lies in the wire's own memory and is valid only during the call that hands it out;
/// <see cref="Copy"/> keeps it.
/// </param>
/// <param name="DropReason">Why it was dropped; null when it was not.</param>
public readonly record struct WirePacket(
    long Sequence,
    PacketDirection Direction,
    TimeSpan SentAt,
    TimeSpan? DeliveredAt,
    ReadOnlyMemory<byte> Bytes,
    DropReason? DropReason)
{
    /// <summary>Returns the same packet with bytes of its own, which may be kept.</summary>
    public WirePacket Copy() => this with { Bytes = Bytes.ToArray() };
}
