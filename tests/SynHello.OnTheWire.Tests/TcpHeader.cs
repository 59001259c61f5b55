using System.Buffers.Binary;

using SynHello.Lab;

namespace SynHello.OnTheWire.Tests;

/// <summary>What the tests read from the packets of a wire, which are TCP over IPv4.</summary>
internal static class TcpHeader
{
    private const int SynFlag = 0x02;
    private const int ResetFlag = 0x04;
    private const int AckFlag = 0x10;
    private const int FlagsOffset = 13;

    public static int ClientPort(this in WirePacket packet) => BinaryPrimitives.ReadUInt16BigEndian(
        Tcp(packet)[(packet.Direction == PacketDirection.ClientToServer ? 0 : 2)..]);

    /// <summary>Whether it is a SYN that is no SYN-ACK.</summary>
    public static bool IsSyn(this in WirePacket packet) => (Tcp(packet)[FlagsOffset] & (SynFlag | AckFlag)) == SynFlag;

    public static int PayloadLength(this in WirePacket packet)
    {
        ReadOnlySpan<byte> tcp = Tcp(packet);
        return tcp.Length - ((tcp[12] >> 4) * 4);
    }

    public static byte[] Payload(this in WirePacket packet) => packet.Bytes[^packet.PayloadLength()..].ToArray();

    public static bool IsReset(this in WirePacket packet) => (Tcp(packet)[FlagsOffset] & ResetFlag) != 0;

    /// <summary>The same packet for another port of the server, with the right checksum (RFC 1624).</summary>
    public static WirePacket WithDestinationPort(this in WirePacket packet, int port)
    {
        byte[] bytes = packet.Bytes.ToArray();
        Span<byte> tcp = bytes.AsSpan((bytes[0] & 0xF) * 4);
        uint sum = (uint)(ushort)~BinaryPrimitives.ReadUInt16BigEndian(tcp[16..])
            + (ushort)~BinaryPrimitives.ReadUInt16BigEndian(tcp[2..]) + (uint)port;
        while (sum > ushort.MaxValue)
            sum = (sum & ushort.MaxValue) + (sum >> 16);
        BinaryPrimitives.WriteUInt16BigEndian(tcp[2..], (ushort)port);
        BinaryPrimitives.WriteUInt16BigEndian(tcp[16..], (ushort)~sum);
        return packet with { Bytes = bytes };
    }

    private static ReadOnlySpan<byte> Tcp(in WirePacket packet)
    {
        ReadOnlySpan<byte> ip = packet.Bytes.Span;
        return ip[((ip[0] & 0xF) * 4)..];
    }
}
