namespace SynHello.Capture;

/// <summary>One IP packet of a TCP connection, with the times at which both ends saw it.</summary>
/// <remarks>
/// All times of one connection are on one clock, whose zero is the caller's choice. Whoever captures must note
/// <paramref name="DeliveredAt"/> before the packet is handed to the receiver, and <paramref name="SentAt"/> when it
/// came
/// from the sender: then a packet that answers another is never noted as sent before the other was delivered.
/// </remarks>
/// <param name="SentAt">When the packet left its sender.</param>
/// <param name="DeliveredAt">When the packet reached its receiver; null if the wire lost it.</param>
/// <param name="Direction">Which way the packet went. Addresses inside the packet are not looked at.</param>
/// <param name="IpPacket">The packet from the first byte of its IPv4 or IPv6 header. It is not copied.</param>
public sealed record CapturedPacket(
    TimeSpan SentAt, TimeSpan? DeliveredAt, PacketDirection Direction, ReadOnlyMemory<byte> IpPacket);
