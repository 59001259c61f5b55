using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace SynHello.Lab;

/// <summary>
/// What the wire has to know of an IP packet: its ends and, for TCP, flags and payload. IPv4 (RFC 791) and IPv6 (RFC
/// 8200) without extension headers; a packet whose transport is not understood has ports 0.
/// </summary>
[StructLayout(LayoutKind.Auto)]
internal readonly ref struct IpPacket
{
    public const byte Icmp = 1;
    public const byte Tcp = 6;
    public const byte Udp = 17;
    public const byte IcmpV6 = 58;

    private const byte Syn = 0x02;
    private const byte Ack = 0x10;

    private readonly ReadOnlySpan<byte> _bytes;
    private readonly byte _tcpFlags;

    private IpPacket(ReadOnlySpan<byte> bytes, bool isV6, byte protocol, int transportOffset, bool isLaterFragment)
    {
        _bytes = bytes;
        IsV6 = isV6;
        Protocol = protocol;
        TransportOffset = transportOffset;
        PayloadOffset = transportOffset;
        if (isLaterFragment)
            return;
        ReadOnlySpan<byte> transport = bytes[transportOffset..];
        if (protocol == Tcp && transport.Length >= 20 && transport[12] >> 4 >= 5
            && transport.Length >= (transport[12] >> 4) * 4)
        {
            _tcpFlags = transport[13];
            PayloadOffset = transportOffset + (transport[12] >> 4) * 4;
        }
        else if (protocol == Udp && transport.Length >= 8)
        {
            PayloadOffset = transportOffset + 8;
        }
        else
        {
            return;
        }

        SourcePort = BinaryPrimitives.ReadUInt16BigEndian(transport);
        DestinationPort = BinaryPrimitives.ReadUInt16BigEndian(transport[2..]);
    }

    public bool IsV6 { get; }

    public byte Protocol { get; }

    public int TransportOffset { get; }

    public int PayloadOffset { get; }

    public ushort SourcePort { get; }

    public ushort DestinationPort { get; }

    public ReadOnlySpan<byte> Source => IsV6 ? _bytes.Slice(8, 16) : _bytes.Slice(12, 4);

    public ReadOnlySpan<byte> Destination => IsV6 ? _bytes.Slice(24, 16) : _bytes.Slice(16, 4);

    public ReadOnlySpan<byte> Transport => _bytes[TransportOffset..];

    public ReadOnlySpan<byte> Payload => _bytes[PayloadOffset..];

    /// <summary>A TCP segment with the SYN flag: the client's first or the server's SYN-ACK.</summary>
    public bool IsSyn => (_tcpFlags & Syn) != 0;

    public bool IsSynAck => (_tcpFlags & (Syn | Ack)) == (Syn | Ack);

    /// <summary>Reads a packet of exactly the length that its header states.</summary>
    public static bool TryParse(ReadOnlySpan<byte> bytes, out IpPacket packet)
    {
        packet = default;
        if (bytes.Length >= 20 && bytes[0] >> 4 == 4)
        {
            int header = (bytes[0] & 0x0F) * 4;
            int length = BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]);
            if (header < 20 || header > bytes.Length || length != bytes.Length)
                return false;
            bool laterFragment = (BinaryPrimitives.ReadUInt16BigEndian(bytes[6..]) & 0x1FFF) != 0;
            packet = new IpPacket(bytes, isV6: false, bytes[9], header, laterFragment);
            return true;
        }

        if (bytes.Length >= 40 && bytes[0] >> 4 == 6)
        {
            if (BinaryPrimitives.ReadUInt16BigEndian(bytes[4..]) + 40 != bytes.Length)
                return false;
            packet = new IpPacket(bytes, isV6: true, bytes[6], 40, isLaterFragment: false);
            return true;
        }

        return false;
    }
}
