using System.Buffers.Binary;

namespace SynHello.Lab;

/// <summary>The port that a TCP or UDP packet comes from.</summary>
internal static class SourcePort
{
    private const int TcpChecksumOffset = 16;
    private const int UdpChecksumOffset = 6;

    /// <summary>Writes another port into a packet and corrects its checksum.</summary>
    /// <exception cref="InvalidOperationException">The packet has no ports.</exception>
    public static void Rewrite(Span<byte> bytes, ushort port)
    {
        // The payload of a transport that was understood starts behind the transport's header.
        if (!IpPacket.TryParse(bytes, out IpPacket packet) || packet.PayloadOffset == packet.TransportOffset)
            throw new InvalidOperationException("This is neither a TCP segment nor a UDP datagram.");

        bool isUdp = packet.Protocol == IpPacket.Udp;
        Span<byte> transport = bytes[packet.TransportOffset..];
        Span<byte> checksum = transport.Slice(isUdp ? UdpChecksumOffset : TcpChecksumOffset, sizeof(ushort));
        ushort old = BinaryPrimitives.ReadUInt16BigEndian(checksum);
        ushort corrected = InternetChecksum.Update(old, packet.SourcePort, port);
        BinaryPrimitives.WriteUInt16BigEndian(transport, port);

        // In UDP a zero says that there is no checksum, and all ones stand for a sum that is zero (RFC 768).
        if (isUdp && old == 0)
            return;
        BinaryPrimitives.WriteUInt16BigEndian(checksum, isUdp && corrected == 0 ? ushort.MaxValue : corrected);
    }
}
