using System.Buffers.Binary;

namespace SynHello.Http;

/// <summary>What a client says first in HTTP/2 (RFC 9113): its preface, SETTINGS, and requests.</summary>
internal static class Http2FirstFlight
{
    private const int FrameHeaderSize = 9;
    private const byte Headers = 1;
    private const byte Settings = 4;
    private const byte WindowUpdate = 8;

    /// <summary>END_STREAM and END_HEADERS, and nothing else: the whole request in one frame (RFC 9113 section 6.2).</summary>
    private const byte WholeRequest = 0x5;

    private static ReadOnlySpan<byte> Preface => "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8;

    /// <summary>
    /// What a connection of HTTP/2 ends with on which no request was taken (RFC 9113 sections 6.5, 6.8): SETTINGS, and GOAWAY with
    /// the last stream 0 and NO_ERROR.
    /// </summary>
    public static ReadOnlySpan<byte> NothingTaken => [0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 8, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];

    /// <summary>Whether there is more than what a connection begins with: something that is not to wait any longer.</summary>
    public static bool HasMoreThanSettings(ReadOnlySpan<byte> written)
    {
        if (!written.StartsWith(Preface))
            return !Preface.StartsWith(written);
        written = written[Preface.Length..];
        while (TryReadFrame(ref written, out byte type, out _, out _))
        {
            if (type is not (Settings or WindowUpdate))
                return true;
        }

        return !written.IsEmpty;
    }

    /// <summary>
    /// Whether bytes are the beginning of a connection and whole requests without a body whose methods are safe (RFC 9110 section
    /// 9.2.1): what may be early data at all (RFC 8470 section 4).
    /// </summary>
    public static bool IsReplaySafe(ReadOnlySpan<byte> written)
    {
        if (!written.StartsWith(Preface))
            return false;
        written = written[Preface.Length..];
        while (TryReadFrame(ref written, out byte type, out byte flags, out ReadOnlySpan<byte> payload))
        {
            bool isSafe = type switch
            {
                Settings or WindowUpdate => true,
                Headers => flags == WholeRequest && HasSafeMethod(payload),
                _ => false,
            };
            if (!isSafe)
                return false;
        }

        return written.IsEmpty;
    }

    /// <summary>
    /// The first field is :method where SocketsHttpHandler writes it (RFC 7541 section 6): in the static table as GET, or as a
    /// literal with the table's name, in plain text. Whatever looks different is not taken for safe.
    /// </summary>
    private static bool HasSafeMethod(ReadOnlySpan<byte> block)
    {
        const byte IndexedGet = 0x82;
        if (block.IsEmpty || block[0] == IndexedGet)
            return !block.IsEmpty;
        if (block[0] is not (0x02 or 0x12 or 0x42) || block.Length < 2)
            return false;
        ReadOnlySpan<byte> value = block[2..];
        int length = block[1];
        return length <= value.Length
            && (value[..length].SequenceEqual("GET"u8)
                || value[..length].SequenceEqual("HEAD"u8)
                || value[..length].SequenceEqual("OPTIONS"u8));
    }

    private static bool TryReadFrame(
        ref ReadOnlySpan<byte> written, out byte type, out byte flags, out ReadOnlySpan<byte> payload)
    {
        (type, flags) = (0, 0);
        payload = default;
        if (written.Length < FrameHeaderSize)
            return false;
        int length = (int)(BinaryPrimitives.ReadUInt32BigEndian(written) >> 8);
        if (written.Length - FrameHeaderSize < length)
            return false;
        (type, flags) = (written[3], written[4]);
        payload = written.Slice(FrameHeaderSize, length);
        written = written[(FrameHeaderSize + length)..];
        return true;
    }
}
