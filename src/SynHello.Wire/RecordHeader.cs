using System.Buffers.Binary;

namespace SynHello.Wire;

/// <summary>The five octets in front of every TLS record (RFC 8446 section 5.1).</summary>
internal readonly record struct RecordHeader(ContentType Type, ProtocolVersion LegacyVersion, int Length)
{
    /// <summary>The size of the header itself.</summary>
    public const int Size = 5;

    /// <summary>The most plaintext that a record may carry: 2^14 bytes.</summary>
    public const int MaximumPlaintext = 1 << 14;

    /// <summary>The most bytes that a protected TLS 1.3 record may hold: 2^14 + 256 (RFC 8446 section 5.2).</summary>
    public const int MaximumProtected = MaximumPlaintext + 256;

    public static bool TryRead(ReadOnlySpan<byte> bytes, out RecordHeader header)
    {
        if (bytes.Length < Size)
        {
            header = default;
            return false;
        }

        header = new RecordHeader(
            new ContentType(bytes[0]),
            new ProtocolVersion(BinaryPrimitives.ReadUInt16BigEndian(bytes[1..])),
            BinaryPrimitives.ReadUInt16BigEndian(bytes[3..]));
        return true;
    }

    public void Write(Span<byte> destination)
    {
        destination[0] = Type.Value;
        BinaryPrimitives.WriteUInt16BigEndian(destination[1..], LegacyVersion.Value);
        BinaryPrimitives.WriteUInt16BigEndian(destination[3..], checked((ushort)Length));
    }
}
