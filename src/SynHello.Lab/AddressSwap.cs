namespace SynHello.Lab;

/// <summary>
/// Turns a packet from one end of the mirror into what the other end receives: source and destination change places.
/// The Internet checksum is a sum, so neither the IP nor the TCP checksum notices.
/// </summary>
internal static class AddressSwap
{
    /// <summary>Swaps the addresses of a valid IP packet in place. Doing it twice gives the packet back.</summary>
    public static void Apply(Span<byte> bytes)
    {
        bool isV6 = bytes[0] >> 4 == 6;
        SwapHeader(bytes, isV6);

        // An ICMP error quotes the packet that it is about, as its sender received it. The receiver looks for the
        // socket that sent that packet, so the quoted addresses have to be seen from its side (RFC 1122, section
        // 3.2.2).
        int icmp = isV6 ? 40 : (bytes[0] & 0x0F) * 4;
        int quoted = icmp + 8;
        if (IsIcmpError(bytes, isV6, icmp) && bytes.Length >= quoted + (isV6 ? 40 : 20))
            SwapHeader(bytes[quoted..], isV6);
    }

    public static bool IsIcmpError(ReadOnlySpan<byte> bytes, bool isV6, int icmp)
    {
        if (bytes.Length < icmp + 8)
            return false;
        return isV6
            ? bytes[6] == IpPacket.IcmpV6 && bytes[icmp] is >= 1 and <= 4
            : bytes[9] == IpPacket.Icmp && bytes[icmp] is 3 or 4 or 5 or 11 or 12;
    }

    private static void SwapHeader(Span<byte> header, bool isV6)
    {
        int size = isV6 ? 16 : 4;
        Span<byte> source = header.Slice(isV6 ? 8 : 12, size);
        Span<byte> destination = header.Slice(isV6 ? 24 : 16, size);
        Span<byte> kept = stackalloc byte[16];
        source.CopyTo(kept);
        destination.CopyTo(source);
        kept[..size].CopyTo(destination);
    }
}
