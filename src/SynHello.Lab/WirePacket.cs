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

    /// <summary>
    /// Returns a copy of a TCP or UDP packet that comes from another port, with the right checksum: with it a recorded
    /// SYN opens a connection of its own (see <see cref="EmulatedWire.Inject"/>).
    /// </summary>
    /// <param name="port">The sender's port, 1 to 65535.</param>
    /// <exception cref="ArgumentOutOfRangeException">The port is out of its range.</exception>
    /// <exception cref="InvalidOperationException">The packet has no ports.</exception>
    public WirePacket WithSourcePort(int port)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(port, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(port, ushort.MaxValue);
        byte[] bytes = Bytes.ToArray();
        SourcePort.Rewrite(bytes, (ushort)port);
        return this with { Bytes = bytes };
    }
}
