using System.Buffers.Binary;
using System.Net;

namespace SynHello.Lab.Tests;

/// <summary>Builds and reads IPv4 packets, independently of the code under test.</summary>
internal static class Packets
{
    public static readonly IPAddress Near = IPAddress.Parse("10.77.0.1");
    public static readonly IPAddress Far = IPAddress.Parse("10.77.0.2");

    public const byte Syn = 0x02;
    public const byte Ack = 0x10;

    /// <summary>A TCP segment with right checksums. Options are padded with zeros to a multiple of four.</summary>
    public static byte[] Tcp(
        ushort from,
        ushort to,
        byte flags,
        byte[]? options = null,
        byte[]? payload = null,
        IPAddress? source = null,
        IPAddress? destination = null)
    {
        options ??= [];
        payload ??= [];
        int header = 20 + (options.Length + 3) / 4 * 4;
        byte[] segment = new byte[header + payload.Length];
        BinaryPrimitives.WriteUInt16BigEndian(segment, from);
        BinaryPrimitives.WriteUInt16BigEndian(segment.AsSpan(2), to);
        segment[12] = (byte)(header / 4 << 4);
        segment[13] = flags;
        options.CopyTo(segment, 20);
        payload.CopyTo(segment, header);
        byte[] packet = Ip(6, segment, source ?? Near, destination ?? Far);
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(36), TransportChecksum(packet));
        return packet;
    }

    public static byte[] Udp(ushort from, ushort to, byte[] payload)
    {
        byte[] datagram = new byte[8 + payload.Length];
        BinaryPrimitives.WriteUInt16BigEndian(datagram, from);
        BinaryPrimitives.WriteUInt16BigEndian(datagram.AsSpan(2), to);
        BinaryPrimitives.WriteUInt16BigEndian(datagram.AsSpan(4), (ushort)datagram.Length);
        payload.CopyTo(datagram, 8);
        return Ip(17, datagram, Near, Far);
    }

    public static byte[] Ip(byte protocol, byte[] transport, IPAddress source, IPAddress destination)
    {
        byte[] packet = new byte[20 + transport.Length];
        packet[0] = 0x45;
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(2), (ushort)packet.Length);
        packet[8] = 64;
        packet[9] = protocol;
        source.GetAddressBytes().CopyTo(packet, 12);
        destination.GetAddressBytes().CopyTo(packet, 16);
        transport.CopyTo(packet, 20);
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(10), OnesComplement(packet.AsSpan(0, 20), 0));
        return packet;
    }

    public static IPAddress Source(ReadOnlyMemory<byte> packet) => new(packet.Span.Slice(12, 4));

    public static IPAddress Destination(ReadOnlyMemory<byte> packet) => new(packet.Span.Slice(16, 4));

    public static bool IsSyn(WirePacket packet) => (packet.Bytes.Span[33] & (Syn | Ack)) == Syn;

    public static bool IsSynAck(WirePacket packet) => (packet.Bytes.Span[33] & (Syn | Ack)) == (Syn | Ack);

    public static int PayloadLength(WirePacket packet) => packet.Bytes.Length - 20 - (packet.Bytes.Span[32] >> 4) * 4;

    public static ReadOnlyMemory<byte> Payload(WirePacket packet) => packet.Bytes[^PayloadLength(packet)..];

    /// <summary>Whether the IPv4 header's and the TCP segment's checksums are right.</summary>
    public static bool HasValidChecksums(ReadOnlyMemory<byte> packet) =>
        OnesComplement(packet.Span[..20], 0) == 0 && TransportChecksum(packet.Span) == 0;

    private static ushort TransportChecksum(ReadOnlySpan<byte> packet)
    {
        ulong pseudoHeader = packet[9] + (ulong)(packet.Length - 20);
        for (int i = 12; i < 20; i += 2)
            pseudoHeader += (ulong)(packet[i] << 8 | packet[i + 1]);
        return OnesComplement(packet[20..], pseudoHeader);
    }

    private static ushort OnesComplement(ReadOnlySpan<byte> bytes, ulong sum)
    {
        for (int i = 0; i < bytes.Length; i++)
            sum += (ulong)bytes[i] << (i % 2 == 0 ? 8 : 0);
        while (sum >> 16 != 0)
            sum = (sum & 0xFFFF) + (sum >> 16);
        return (ushort)~sum;
    }
}
