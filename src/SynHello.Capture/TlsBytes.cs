using System.Buffers.Binary;

namespace SynHello.Capture;

/// <summary>The few TLS bytes that a ledger reads: record headers and the first fields of the hellos.</summary>
internal static class TlsBytes
{
    public const int RecordHeaderLength = 5;
    public const int HandshakeHeaderLength = 4;
    public const ushort Tls12 = 0x0303;
    public const ushort Tls13 = 0x0304;

    // RFC 8446, section 5.2, and RFC 5246, section 6.2.3: at most 2^14 bytes and 2,048 of protection.
    private const int MaximumRecordLength = (1 << 14) + 2048;

    // SHA-256 of "HelloRetryRequest": a ServerHello with this random is one (RFC 8446, section 4.1.3).
    private static ReadOnlySpan<byte> HelloRetryRequestRandom =>
    [
        0xCF, 0x21, 0xAD, 0x74, 0xE5, 0x9A, 0x61, 0x11, 0xBE, 0x1D, 0x8C, 0x02, 0x1E, 0x65, 0xB8, 0x91,
        0xC2, 0xA2, 0x11, 0x16, 0x7A, 0xBB, 0x8C, 0x5E, 0x07, 0x9E, 0x09, 0xE2, 0xC8, 0xA8, 0x33, 0x9C,
    ];

    /// <summary>Whether bytes begin with a handshake record that begins with a ClientHello.</summary>
    public static bool BeginsWithClientHello(ReadOnlySpan<byte> bytes) =>
        TryReadRecordHeader(bytes, out byte type, out int length)
        && type == ContentType.Handshake
        && length >= HandshakeHeaderLength
        && bytes.Length > RecordHeaderLength
        && bytes[RecordHeaderLength] == HandshakeType.ClientHello;

    /// <summary>Reads a record header (RFC 8446, section 5.1).</summary>
    /// <returns>False if there are too few bytes, or they cannot be a record's header.</returns>
    public static bool TryReadRecordHeader(ReadOnlySpan<byte> bytes, out byte type, out int length)
    {
        type = 0;
        length = 0;
        if (bytes.Length < RecordHeaderLength || bytes[0] is < 20 or > 24 || bytes[1] != 3)
            return false;

        type = bytes[0];
        length = BinaryPrimitives.ReadUInt16BigEndian(bytes[3..]);
        return length <= MaximumRecordLength;
    }

    /// <summary>Reads the version that the body of a ServerHello chooses (RFC 8446, sections 4.1.3 and 4.2.1).</summary>
    /// <returns>False if the body is cut short.</returns>
    public static bool TryReadServerHello(ReadOnlySpan<byte> body, out ushort version, out bool isHelloRetryRequest)
    {
        const int RandomEnd = 34;
        version = 0;
        isHelloRetryRequest = false;
        if (body.Length < RandomEnd + 1)
            return false;

        version = BinaryPrimitives.ReadUInt16BigEndian(body);
        isHelloRetryRequest = body[2..RandomEnd].SequenceEqual(HelloRetryRequestRandom);
        int extensions = RandomEnd + 1 + body[RandomEnd] + 3;
        if (body.Length < extensions)
            return false;
        if (body.Length == extensions)
            return true; // TLS 1.2 and before may leave the extensions out.
        if (body.Length < extensions + 2)
            return false;

        var rest = body[(extensions + 2)..];
        while (rest.Length >= 4)
        {
            ushort type = BinaryPrimitives.ReadUInt16BigEndian(rest);
            int length = BinaryPrimitives.ReadUInt16BigEndian(rest[2..]);
            if (rest.Length < 4 + length)
                return false;
            if (type == SupportedVersionsExtension && length == 2)
                version = BinaryPrimitives.ReadUInt16BigEndian(rest[4..]);
            rest = rest[(4 + length)..];
        }

        return rest.IsEmpty;
    }

    private const ushort SupportedVersionsExtension = 43;

    /// <summary>Record types (RFC 8446, appendix B.1).</summary>
    public static class ContentType
    {
        public const byte ChangeCipherSpec = 20;
        public const byte Alert = 21;
        public const byte Handshake = 22;
        public const byte ApplicationData = 23;
    }

    /// <summary>Handshake message types (RFC 8446, appendix B.3).</summary>
    public static class HandshakeType
    {
        public const byte ClientHello = 1;
        public const byte ServerHello = 2;
    }
}
