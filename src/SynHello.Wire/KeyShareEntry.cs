namespace SynHello.Wire;

/// <summary>A KeyShareEntry (RFC 8446 section 4.2.8).</summary>
internal readonly ref struct KeyShareEntry(NamedGroup group, ReadOnlySpan<byte> keyExchange)
{
    public NamedGroup Group { get; } = group;

    public ReadOnlySpan<byte> KeyExchange { get; } = keyExchange;
}
