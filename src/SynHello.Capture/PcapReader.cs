using System.Buffers.Binary;

namespace SynHello.Capture;

/// <summary>Reads classic pcap files (tcpdump's format) and splits them into TCP connections.</summary>
/// <remarks>
/// <para>Both byte orders, microseconds and nanoseconds; link types raw IP (101, 228, 229), Ethernet (1, also with VLAN
/// tags) and Linux cooked (113, 276).</para>
/// <para>A capture has one time a packet, taken at the end that <see cref="PcapReaderOptions.Vantage"/> names. The time
/// at
/// the other end is estimated: one crossing is taken to be half of the shortest time from a packet's leaving to the
/// arrival
/// of one that acknowledges it (packets that were sent twice are left out, for nobody knows which copy was
/// acknowledged). The shortest time keeps the order of cause and effect: an answer never seems sent before what it
/// answers
/// had arrived. Packets that the wire lost cannot be known; all count as delivered.</para>
/// </remarks>
public static class PcapReader
{
    private const uint Microseconds = 0xA1B2C3D4;
    private const uint Nanoseconds = 0xA1B23C4D;
    private const uint NextGeneration = 0x0A0D0D0A;
    private const int FileHeaderLength = 24;
    private const int PacketHeaderLength = 16;

    // The most that tcpdump takes of one packet.
    private const int MaximumPacketLength = 262_144;

    /// <summary>Reads a capture to its end.</summary>
    /// <param name="stream">
    /// The file's bytes from the position of the file header; read forward only, left open.
    /// </param>
    /// <param name="options">Vantage and limits; null for the defaults.</param>
    /// <returns>The connections.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="stream"/> is null.</exception>
    /// <exception cref="InvalidDataException">
    /// The file is not a classic pcap file, ends in the middle of a packet, or has a link type that is not supported;
    /// the
    /// message says which, and where.
    /// </exception>
    public static PcapCapture Read(Stream stream, PcapReaderOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        options ??= new PcapReaderOptions();

        Span<byte> header = stackalloc byte[FileHeaderLength];
        int count = stream.ReadAtLeast(header, header.Length, throwOnEndOfStream: false);
        if (count < header.Length)
            throw new InvalidDataException($"A pcap file has a header of 24 bytes; this one ends after {count}.");
        var format = ReadFormat(header);

        var flows = new PcapFlows(options);
        Span<byte> packetHeader = stackalloc byte[PacketHeaderLength];
        byte[] buffer = new byte[4096];
        TimeSpan? first = null;
        for (long number = 1; ; number++)
        {
            count = stream.ReadAtLeast(packetHeader, packetHeader.Length, throwOnEndOfStream: false);
            if (count == 0)
                return flows.ToCapture();
            if (count < packetHeader.Length)
                throw new InvalidDataException($"The pcap file ends in the header of packet {number}.");

            uint length = format.Read32(packetHeader[8..]);
            if (length > MaximumPacketLength)
                throw new InvalidDataException($"Packet {number} of the pcap file says that it has {length} bytes.");
            if (length > buffer.Length)
                buffer = new byte[Math.Max(length, Math.Min(2 * buffer.Length, MaximumPacketLength))];
            var packet = buffer.AsMemory(0, (int)length);
            if (stream.ReadAtLeast(packet.Span, packet.Length, throwOnEndOfStream: false) < packet.Length)
                throw new InvalidDataException($"The pcap file ends in the middle of packet {number}.");

            var time = format.Time(packetHeader);
            first ??= time;
            flows.Add(time - first.GetValueOrDefault(), PacketOf(packet, format.LinkType));
        }
    }

    private static Format ReadFormat(ReadOnlySpan<byte> header)
    {
        uint big = BinaryPrimitives.ReadUInt32BigEndian(header);
        uint little = BinaryPrimitives.ReadUInt32LittleEndian(header);
        if (big == NextGeneration)
            throw new InvalidDataException("This is a pcapng file; save it as classic pcap (editcap -F pcap).");
        if (big is not (Microseconds or Nanoseconds) && little is not (Microseconds or Nanoseconds))
            throw new InvalidDataException($"This is not a pcap file: it begins with 0x{big:X8}.");

        bool isBig = big is Microseconds or Nanoseconds;
        var format = new Format(isBig, (isBig ? big : little) == Nanoseconds, 0);
        // The upper bits hold the length of a frame check sequence.
        int linkType = (int)(format.Read32(header[20..]) & 0xFFFF);
        if (linkType is not (LinkType.Ethernet or LinkType.Raw or LinkType.LinuxCooked or LinkType.IPv4 or LinkType.IPv6
            or LinkType.LinuxCooked2))
            throw new InvalidDataException($"The pcap file's link type {linkType} is not supported.");
        return format with { LinkType = linkType };
    }

    // The IP packet inside a link-layer frame; empty if there is none.
    private static ReadOnlyMemory<byte> PacketOf(ReadOnlyMemory<byte> frame, int linkType)
    {
        var bytes = frame.Span;
        switch (linkType)
        {
            case LinkType.Ethernet:
                int at = 12;
                while (bytes.Length >= at + 6 && EtherType(bytes[at..]) is 0x8100 or 0x88A8)
                    at += 4;
                return bytes.Length >= at + 2 && IsIP(EtherType(bytes[at..])) ? frame[(at + 2)..] : default;
            case LinkType.LinuxCooked:
                return bytes.Length >= 16 && IsIP(EtherType(bytes[14..])) ? frame[16..] : default;
            case LinkType.LinuxCooked2:
                return bytes.Length >= 20 && IsIP(EtherType(bytes)) ? frame[20..] : default;
            default:
                return frame;
        }
    }

    private static ushort EtherType(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadUInt16BigEndian(bytes);

    private static bool IsIP(ushort etherType) => etherType is 0x0800 or 0x86DD;

    private readonly record struct Format(bool IsBigEndian, bool IsNanoseconds, int LinkType)
    {
        public uint Read32(ReadOnlySpan<byte> bytes) => IsBigEndian
            ? BinaryPrimitives.ReadUInt32BigEndian(bytes)
            : BinaryPrimitives.ReadUInt32LittleEndian(bytes);

        public TimeSpan Time(ReadOnlySpan<byte> packetHeader)
        {
            long fraction = Read32(packetHeader[4..]);
            long ticks = IsNanoseconds ? fraction / TimeSpan.NanosecondsPerTick : fraction * TimeSpan.TicksPerMicrosecond;
            return new TimeSpan((Read32(packetHeader) * TimeSpan.TicksPerSecond) + ticks);
        }
    }

    private static class LinkType
    {
        public const int Ethernet = 1;
        public const int Raw = 101;
        public const int LinuxCooked = 113;
        public const int IPv4 = 228;
        public const int IPv6 = 229;
        public const int LinuxCooked2 = 276;
    }
}
