using System.Formats.Asn1;

namespace SynHello.Crypto;

/// <summary>
/// Reads DER values one behind the other, without allocating. Failures are <see cref="AsnContentException"/>.
/// </summary>
internal ref struct DerReader(ReadOnlySpan<byte> source)
{
    private ReadOnlySpan<byte> _rest = source;

    public readonly bool IsAtEnd => _rest.IsEmpty;

    public readonly void ReadEnd()
    {
        if (!IsAtEnd)
            throw new AsnContentException("Bytes are left over behind a value.");
    }

    public readonly bool NextIs(Asn1Tag tag) => !IsAtEnd && Asn1Tag.Decode(_rest, out _) == tag;

    /// <summary>The contents of a SEQUENCE.</summary>
    public ReadOnlySpan<byte> ReadSequence()
    {
        AsnDecoder.ReadSequence(_rest, AsnEncodingRules.DER, out var offset, out var length, out var consumed);
        return Take(consumed).Slice(offset, length);
    }

    /// <summary>The contents of a BIT STRING of whole octets.</summary>
    public ReadOnlySpan<byte> ReadBitString()
    {
        if (!AsnDecoder.TryReadPrimitiveBitString(
                _rest, AsnEncodingRules.DER, out var unused, out var value, out var consumed)
            || unused != 0)
        {
            throw new AsnContentException("A BIT STRING does not hold whole octets.");
        }

        Take(consumed);
        return value;
    }

    /// <summary>The contents of an INTEGER, in two's complement.</summary>
    public ReadOnlySpan<byte> ReadInteger()
    {
        var value = AsnDecoder.ReadIntegerBytes(_rest, AsnEncodingRules.DER, out var consumed);
        Take(consumed);
        return value;
    }

    /// <summary>The octets of an INTEGER above zero, without leading zeros.</summary>
    public ReadOnlySpan<byte> ReadPositiveInteger()
    {
        var value = ReadInteger();
        if ((value[0] & 0x80) != 0)
            throw new AsnContentException("An INTEGER is negative.");

        value = value.TrimStart((byte)0);
        return value.IsEmpty ? throw new AsnContentException("An INTEGER is zero.") : value;
    }

    /// <summary>A value of any kind with its tag and length.</summary>
    public ReadOnlySpan<byte> ReadEncoded()
    {
        AsnDecoder.ReadEncodedValue(_rest, AsnEncodingRules.DER, out _, out _, out var consumed);
        return Take(consumed);
    }

    private ReadOnlySpan<byte> Take(int length)
    {
        var taken = _rest[..length];
        _rest = _rest[length..];
        return taken;
    }
}
