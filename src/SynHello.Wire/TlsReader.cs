using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;

namespace SynHello.Wire;

/// <summary>
/// Reads the TLS presentation language (RFC 8446 section 3) from a span. Every read is checked against the end;
/// what a caller leaves unread is found by <see cref="ExpectEnd"/>.
/// </summary>
internal ref struct TlsReader(ReadOnlySpan<byte> data)
{
    private ReadOnlySpan<byte> _rest = data;

    public readonly bool IsAtEnd => _rest.IsEmpty;

    public readonly ReadOnlySpan<byte> Rest => _rest;

    public byte ReadUInt8()
    {
        if (_rest.IsEmpty)
            ThrowTruncated();
        byte value = _rest[0];
        _rest = _rest[1..];
        return value;
    }

    public ushort ReadUInt16() => BinaryPrimitives.ReadUInt16BigEndian(ReadBytes(2));

    public int ReadUInt24()
    {
        ReadOnlySpan<byte> bytes = ReadBytes(3);
        return (bytes[0] << 16) | (bytes[1] << 8) | bytes[2];
    }

    public uint ReadUInt32() => BinaryPrimitives.ReadUInt32BigEndian(ReadBytes(4));

    public ReadOnlySpan<byte> ReadBytes(int count)
    {
        if (count > _rest.Length)
            ThrowTruncated();
        ReadOnlySpan<byte> bytes = _rest[..count];
        _rest = _rest[count..];
        return bytes;
    }

    /// <summary>Reads a vector with a one-octet length, which must lie within the limits.</summary>
    public ReadOnlySpan<byte> ReadVector8(int minimum = 0, int maximum = byte.MaxValue) =>
        ReadBytes(Within(ReadUInt8(), minimum, maximum));

    /// <summary>Reads a vector with a two-octet length, which must lie within the limits.</summary>
    public ReadOnlySpan<byte> ReadVector16(int minimum = 0, int maximum = ushort.MaxValue) =>
        ReadBytes(Within(ReadUInt16(), minimum, maximum));

    /// <summary>Reads a vector with a three-octet length, which must lie within the limits.</summary>
    public ReadOnlySpan<byte> ReadVector24(int minimum = 0, int maximum = 0xffffff) =>
        ReadBytes(Within(ReadUInt24(), minimum, maximum));

    /// <summary>Reads a vector of 16-bit code points: its length must be even and at least one code point.</summary>
    public CodePoints ReadCodePoints16()
    {
        ReadOnlySpan<byte> bytes = ReadVector16(2, 0xfffe);
        if (bytes.Length % 2 != 0)
        {
            throw new TlsProtocolException(
                TlsErrorCause.VectorLengthOutOfRange,
                "A list of code points has an odd length.");
        }

        return new CodePoints(bytes);
    }

    /// <summary>A vector of at most 255 bytes with code points of two octets each.</summary>
    public CodePoints ReadCodePoints8()
    {
        ReadOnlySpan<byte> bytes = ReadVector8(2, 254);
        if (bytes.Length % 2 != 0)
        {
            throw new TlsProtocolException(
                TlsErrorCause.VectorLengthOutOfRange,
                "A list of code points has an odd length.");
        }

        return new CodePoints(bytes);
    }

    public readonly void ExpectEnd()
    {
        if (!_rest.IsEmpty)
            ThrowTrailing();
    }

    private static int Within(int length, int minimum, int maximum)
    {
        if (length < minimum || length > maximum)
            ThrowVectorLength(length, minimum, maximum);
        return length;
    }

    [DoesNotReturn]
    private static void ThrowTruncated() =>
        throw new TlsProtocolException(TlsErrorCause.TruncatedMessage, "A message ended before its content did.");

    [DoesNotReturn]
    private static void ThrowTrailing() =>
        throw new TlsProtocolException(
            TlsErrorCause.TrailingBytes,
            "Bytes were left over behind a message, vector or extension.");

    [DoesNotReturn]
    private static void ThrowVectorLength(int length, int minimum, int maximum) =>
        throw new TlsProtocolException(
            TlsErrorCause.VectorLengthOutOfRange,
            $"A vector of {length} bytes came where {minimum} to {maximum} may stand.");
}
