using System.Buffers.Binary;
using System.Net;

using SynHello.Lab;

namespace SynHello.OnTheWire.Tests;

/// <summary>
/// What the tests read from the packets of a wire, which are TCP over IPv4, or over IPv6 without extension headers, and make of them.
/// </summary>
internal static class TcpHeader
{
    private const int FlagsOffset = 13;
    private const int OptionsOffset = 20;
    private const byte NoOperation = 1;
    private const byte FastOpen = 34;

    public static int ClientPort(this in WirePacket packet) => BinaryPrimitives.ReadUInt16BigEndian(
        Tcp(packet)[(packet.Direction == PacketDirection.ClientToServer ? 0 : 2)..]);

    /// <summary>Whether it is a SYN that is no SYN-ACK.</summary>
    public static bool IsSyn(this in WirePacket packet) =>
        (packet.Flags() & (TcpFlags.Syn | TcpFlags.Ack)) == TcpFlags.Syn;

    public static bool IsSynAck(this in WirePacket packet) => packet.Flags().HasFlag(TcpFlags.Syn | TcpFlags.Ack);

    public static TcpFlags Flags(this in WirePacket packet) => (TcpFlags)Tcp(packet)[FlagsOffset];

    public static uint SequenceNumber(this in WirePacket packet) =>
        BinaryPrimitives.ReadUInt32BigEndian(Tcp(packet)[4..]);

    public static uint AcknowledgmentNumber(this in WirePacket packet) =>
        BinaryPrimitives.ReadUInt32BigEndian(Tcp(packet)[8..]);

    /// <summary>What an option holds (RFC 9293 section 3.2); null when it is not there.</summary>
    public static byte[]? Option(this in WirePacket packet, byte kind)
    {
        ReadOnlySpan<byte> tcp = Tcp(packet);
        ReadOnlySpan<byte> options = tcp[OptionsOffset..HeaderLength(tcp)];
        while (options.Length > 1)
        {
            int length = options[0] == NoOperation ? 1 : options[1];
            if (options[0] == kind)
                return options[2..length].ToArray();
            options = options[length..];
        }

        return null;
    }

    /// <summary>The server's address, as the client sees it.</summary>
    public static IPAddress ServerAddress(this in WirePacket packet)
    {
        ReadOnlySpan<byte> ip = packet.Bytes.Span;
        int length = IsV6(ip) ? 16 : 4;
        int source = IsV6(ip) ? 8 : 12;
        return new IPAddress(
            ip.Slice(packet.Direction == PacketDirection.ClientToServer ? source + length : source, length));
    }

    public static int PayloadLength(this in WirePacket packet)
    {
        ReadOnlySpan<byte> tcp = Tcp(packet);
        return tcp.Length - HeaderLength(tcp);
    }

    public static byte[] Payload(this in WirePacket packet) => packet.Bytes[^packet.PayloadLength()..].ToArray();

    public static bool IsReset(this in WirePacket packet) => packet.Flags().HasFlag(TcpFlags.Rst);

    /// <summary>Whether it has a Fast Open option (RFC 7413 section 4.1.1).</summary>
    public static bool HasFastOpenOption(this in WirePacket packet)
    {
        ReadOnlySpan<byte> tcp = Tcp(packet);
        ReadOnlySpan<byte> options = tcp[OptionsOffset..((tcp[12] >> 4) * 4)];
        while (options is [> 0, ..])
        {
            if (options[0] == FastOpen)
                return true;
            options = options[(options[0] == NoOperation ? 1 : options[1])..];
        }

        return false;
    }

    /// <summary>A reset in place of a segment: the same addresses, ports and numbers, and nothing else.</summary>
    public static byte[] ToReset(this in WirePacket packet)
    {
        int ipLength = (packet.Bytes.Span[0] & 0xF) * 4;
        byte[] bytes = packet.Bytes[..(ipLength + OptionsOffset)].ToArray();
        Span<byte> ip = bytes.AsSpan(0, ipLength), tcp = bytes.AsSpan(ipLength);
        BinaryPrimitives.WriteUInt16BigEndian(ip[2..], (ushort)bytes.Length);
        tcp[12] = OptionsOffset / 4 << 4;
        tcp[FlagsOffset] = (byte)(TcpFlags.Rst | TcpFlags.Ack);
        ip[10..12].Clear();
        tcp[16..18].Clear();
        BinaryPrimitives.WriteUInt16BigEndian(ip[10..], Checksum(ip, 0));
        uint pseudoHeader = 6 + OptionsOffset; // protocol and length, and the addresses (RFC 9293 section 3.1)
        for (int i = 12; i < 20; i += 2)
            pseudoHeader += BinaryPrimitives.ReadUInt16BigEndian(ip[i..]);
        BinaryPrimitives.WriteUInt16BigEndian(tcp[16..], Checksum(tcp, pseudoHeader));
        return bytes;
    }

    private static ushort Checksum(ReadOnlySpan<byte> header, uint sum)
    {
        for (int i = 0; i < header.Length; i += 2)
            sum += BinaryPrimitives.ReadUInt16BigEndian(header[i..]);
        while (sum > ushort.MaxValue)
            sum = (sum & ushort.MaxValue) + (sum >> 16);
        return (ushort)~sum;
    }

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
        return ip[(IsV6(ip) ? 40 : (ip[0] & 0xF) * 4)..];
    }

    private static int HeaderLength(ReadOnlySpan<byte> tcp) => (tcp[12] >> 4) * 4;

    private static bool IsV6(ReadOnlySpan<byte> ip) => ip[0] >> 4 == 6;
}
