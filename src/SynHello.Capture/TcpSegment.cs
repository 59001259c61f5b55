using System.Buffers.Binary;
using System.Net;

namespace SynHello.Capture;

/// <summary>
/// A checked view over the TCP segment inside an IP packet: every length was verified once by
/// <see cref="TryParse(ReadOnlyMemory{byte}, out TcpSegment)"/>, so nothing here throws on a hostile packet.
/// </summary>
/// <remarks>
/// The view does not copy the packet. Checksums are not verified: captures made on a sending machine usually hold
/// packets whose checksum the network card was to fill in. Safe for use by several threads.
/// </remarks>
public readonly struct TcpSegment
{
    private const byte TcpProtocol = 6;
    private const int IPv6HeaderLength = 40;
    private const int LeastTcpHeaderLength = 20;
    private const int MostExtensionHeaders = 8;

    private readonly ReadOnlyMemory<byte> _addresses;
    private readonly ReadOnlyMemory<byte> _tcp;
    private readonly int _headerLength;

    private TcpSegment(ReadOnlyMemory<byte> addresses, ReadOnlyMemory<byte> tcp, int headerLength)
    {
        _addresses = addresses;
        _tcp = tcp;
        _headerLength = headerLength;
    }

    /// <summary>The sender's address and port.</summary>
    public IPEndPoint Source => new(new IPAddress(SourceAddress), SourcePort);

    /// <summary>The receiver's address and port.</summary>
    public IPEndPoint Destination => new(new IPAddress(DestinationAddress), DestinationPort);

    /// <summary>The sender's address: 4 or 16 bytes, network order. Empty for a default value.</summary>
    public ReadOnlySpan<byte> SourceAddress => _addresses.Span[..(_addresses.Length / 2)];

    /// <summary>The receiver's address: 4 or 16 bytes, network order. Empty for a default value.</summary>
    public ReadOnlySpan<byte> DestinationAddress => _addresses.Span[(_addresses.Length / 2)..];

    /// <summary>The sender's port.</summary>
    public int SourcePort => Field16(0);

    /// <summary>The receiver's port.</summary>
    public int DestinationPort => Field16(2);

    /// <summary>
    /// The sequence number of the first byte of <see cref="Payload"/>, or of the SYN if the segment has one.
    /// </summary>
    public uint SequenceNumber => Field32(4);

    /// <summary>
    /// The sequence number that the sender expects next; meaningful if <see cref="TcpFlags.Ack"/> is set.
    /// </summary>
    public uint AcknowledgmentNumber => Field32(8);

    /// <summary>The control bits.</summary>
    public TcpFlags Flags => _tcp.IsEmpty ? TcpFlags.None : (TcpFlags)_tcp.Span[13];

    /// <summary>The window field, not scaled.</summary>
    public int Window => Field16(14);

    /// <summary>The options: the header's bytes after the first 20.</summary>
    public ReadOnlyMemory<byte> Options => _tcp.IsEmpty ? default : _tcp[LeastTcpHeaderLength.._headerLength];

    /// <summary>The data that the segment carries.</summary>
    public ReadOnlyMemory<byte> Payload => _tcp[_headerLength..];

    /// <summary>Finds the TCP segment in an IPv4 or IPv6 packet.</summary>
    /// <param name="ipPacket">
    /// The packet from its IP header on. Bytes after the length that the IP header states (link-layer padding) are
    /// ignored.
    /// </param>
    /// <param name="segment">The view, when the method returns true.</param>
    /// <returns>
    /// False if the packet is not TCP over IP, is cut short, is a fragment, or contradicts itself. Never throws.
    /// </returns>
    public static bool TryParse(ReadOnlyMemory<byte> ipPacket, out TcpSegment segment)
    {
        segment = default;
        if (ipPacket.IsEmpty)
            return false;

        return (ipPacket.Span[0] >> 4) switch
        {
            4 => TryParseIPv4(ipPacket, out segment),
            6 => TryParseIPv6(ipPacket, out segment),
            _ => false,
        };
    }

    /// <summary>Finds a TCP option (RFC 9293, section 3.1).</summary>
    /// <param name="kind">The option's kind; not 0 (end of list) nor 1 (no operation), which hold nothing.</param>
    /// <param name="value">The option's bytes after kind and length, when the method returns true.</param>
    /// <returns>False if the option is absent, or stands behind a malformed one. Never throws.</returns>
    public bool TryGetOption(byte kind, out ReadOnlyMemory<byte> value)
    {
        value = default;
        var options = Options;
        while (!options.IsEmpty)
        {
            byte found = options.Span[0];
            if (found == 0)
                return false;
            if (found == 1)
            {
                options = options[1..];
                continue;
            }

            if (options.Length < 2)
                return false;
            int length = options.Span[1];
            if (length < 2 || length > options.Length)
                return false;
            if (found == kind)
            {
                value = options[2..length];
                return true;
            }

            options = options[length..];
        }

        return false;
    }

    private static bool TryParseIPv4(ReadOnlyMemory<byte> packet, out TcpSegment segment)
    {
        segment = default;
        var bytes = packet.Span;
        if (bytes.Length < 20)
            return false;
        int headerLength = (bytes[0] & 0x0F) * 4;
        int totalLength = BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]);
        int fragment = BinaryPrimitives.ReadUInt16BigEndian(bytes[6..]) & 0x3FFF;
        if (headerLength < 20 || totalLength < headerLength || totalLength > bytes.Length)
            return false;
        if (fragment != 0 || bytes[9] != TcpProtocol)
            return false;

        return TryParseTcp(packet.Slice(12, 8), packet[headerLength..totalLength], out segment);
    }

    private static bool TryParseIPv6(ReadOnlyMemory<byte> packet, out TcpSegment segment)
    {
        segment = default;
        var bytes = packet.Span;
        if (bytes.Length < IPv6HeaderLength)
            return false;
        int payloadLength = BinaryPrimitives.ReadUInt16BigEndian(bytes[4..]);
        if (payloadLength > bytes.Length - IPv6HeaderLength)
            return false;

        var rest = packet.Slice(IPv6HeaderLength, payloadLength);
        byte next = bytes[6];
        for (int skipped = 0; next != TcpProtocol; skipped++)
        {
            // Hop-by-hop, routing, destination options (RFC 8200, section 4). A fragment header (44) ends the search:
            // a part of a segment has no header that could be believed.
            if (next is not (0 or 43 or 60) || skipped == MostExtensionHeaders || rest.Length < 8)
                return false;
            int length = (rest.Span[1] + 1) * 8;
            if (length > rest.Length)
                return false;
            next = rest.Span[0];
            rest = rest[length..];
        }

        return TryParseTcp(packet.Slice(8, 32), rest, out segment);
    }

    private static bool TryParseTcp(ReadOnlyMemory<byte> addresses, ReadOnlyMemory<byte> tcp, out TcpSegment segment)
    {
        segment = default;
        if (tcp.Length < LeastTcpHeaderLength)
            return false;
        int headerLength = (tcp.Span[12] >> 4) * 4;
        if (headerLength < LeastTcpHeaderLength || headerLength > tcp.Length)
            return false;

        segment = new TcpSegment(addresses, tcp, headerLength);
        return true;
    }

    private int Field16(int offset) => _tcp.IsEmpty ? 0 : BinaryPrimitives.ReadUInt16BigEndian(_tcp.Span[offset..]);

    private uint Field32(int offset) => _tcp.IsEmpty ? 0 : BinaryPrimitives.ReadUInt32BigEndian(_tcp.Span[offset..]);
}
