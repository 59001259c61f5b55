using System.Buffers.Binary;

namespace SynHello.Lab;

/// <summary>The checksum of IP, TCP and UDP (RFC 1071).</summary>
internal static class InternetChecksum
{
    /// <summary>
    /// The checksum over a transport segment and its pseudo-header (RFC 9293 section 3.1, RFC 8200 section 8.1). It is
    /// zero when the segment carries its right checksum.
    /// </summary>
    public static ushort OfTransport(in IpPacket packet)
    {
        uint sum = Add(0, packet.Source);
        sum = Add(sum, packet.Destination);
        sum += packet.Protocol;
        sum += (uint)packet.Transport.Length;
        return Fold(Add(sum, packet.Transport));
    }

    /// <summary>The checksum over an IPv4 header; zero when the header carries its right checksum.</summary>
    public static ushort Of(ReadOnlySpan<byte> header) => Fold(Add(0, header));

    /// <summary>A checksum after one of the words under it has changed (RFC 1624, section 3).</summary>
    public static ushort Update(ushort checksum, ushort before, ushort after) =>
        Fold((uint)(ushort)~checksum + (ushort)~before + after);

    private static uint Add(uint sum, ReadOnlySpan<byte> bytes)
    {
        // At most 32 Ki words of 16 bits: the sum stays below 2^32.
        while (bytes.Length >= 2)
        {
            sum += BinaryPrimitives.ReadUInt16BigEndian(bytes);
            bytes = bytes[2..];
        }

        return bytes.IsEmpty ? sum : sum + (uint)(bytes[0] << 8);
    }

    private static ushort Fold(uint sum)
    {
        sum = (sum & 0xFFFF) + (sum >> 16);
        sum = (sum & 0xFFFF) + (sum >> 16);
        return (ushort)~sum;
    }
}
