using System.Buffers.Binary;

namespace SynHello.Lab;

/// <summary>The TCP Fast Open option (RFC 7413, section 4.1.1), as a middlebox that does not like it sees it.</summary>
internal static class FastOpenOption
{
    private const byte EndOfOptions = 0;
    private const byte NoOperation = 1;
    private const byte FastOpen = 34;
    private const byte Experimental1 = 253;
    private const byte Experimental2 = 254;
    private const ushort FastOpenExperiment = 0xF989;

    /// <summary>
    /// Overwrites the option with no-operations in a SYN or SYN-ACK and corrects the checksum. Returns whether there
    /// was one; any other packet stays as it is.
    /// </summary>
    public static bool Strip(Span<byte> bytes)
    {
        if (!IpPacket.TryParse(bytes, out IpPacket packet) || !packet.IsSyn)
            return false;
        Span<byte> options = bytes[(packet.TransportOffset + 20)..packet.PayloadOffset];
        bool found = false;
        while (TryReadOption(options, out int length))
        {
            if (IsFastOpen(options[..length]))
            {
                options[..length].Fill(NoOperation);
                found = true;
            }

            options = options[length..];
        }

        if (!found)
            return false;
        Span<byte> checksum = bytes.Slice(packet.TransportOffset + 16, 2);
        checksum.Clear();
        BinaryPrimitives.WriteUInt16BigEndian(checksum, InternetChecksum.OfTransport(packet));
        return true;
    }

    /// <summary>Whether a TCP segment carries the option. </summary>
    public static bool IsPresent(ReadOnlySpan<byte> bytes)
    {
        if (!IpPacket.TryParse(bytes, out IpPacket packet) || packet.PayloadOffset < packet.TransportOffset + 20)
            return false;
        ReadOnlySpan<byte> options = bytes[(packet.TransportOffset + 20)..packet.PayloadOffset];
        while (TryReadOption(options, out int length))
        {
            if (IsFastOpen(options[..length]))
                return true;
            options = options[length..];
        }

        return false;
    }

    // False at the end of the options, and where they are malformed.
    private static bool TryReadOption(ReadOnlySpan<byte> options, out int length)
    {
        length = 0;
        if (options.IsEmpty || options[0] == EndOfOptions)
            return false;
        if (options[0] == NoOperation)
            length = 1;
        else if (options.Length >= 2)
            length = options[1];
        return length >= (options[0] == NoOperation ? 1 : 2) && length <= options.Length;
    }

    private static bool IsFastOpen(ReadOnlySpan<byte> option) => option[0] switch
    {
        FastOpen => true,
        Experimental1 or Experimental2 =>
            option.Length >= 4 && BinaryPrimitives.ReadUInt16BigEndian(option[2..]) == FastOpenExperiment,
        _ => false,
    };
}
