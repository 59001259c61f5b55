namespace SynHello.Wire;

/// <summary>
/// The client_shares of key_share (RFC 8446 section 4.2.8): a group and a public value each, no group twice.
/// </summary>
internal readonly ref struct KeyShareList
{
    private KeyShareList(ReadOnlySpan<byte> encoded) => Encoded = encoded;

    /// <summary>The list without the length in front of it.</summary>
    public ReadOnlySpan<byte> Encoded { get; }

    /// <summary>More shares than this in one hello is nonsense, and keeps the look for doubles short.</summary>
    private const int MaximumShares = 16;

    public static KeyShareList Parse(ReadOnlySpan<byte> encoded)
    {
        Span<ushort> seen = stackalloc ushort[MaximumShares];
        int count = 0;
        foreach (KeyShareEntry entry in new KeyShareList(encoded))
        {
            if (seen[..count].Contains(entry.Group.Value))
                throw new TlsProtocolException(TlsErrorCause.IllegalValue, $"key_share holds {entry.Group} twice.");
            if (count == MaximumShares)
            {
                throw new TlsProtocolException(
                    TlsErrorCause.IllegalValue,
                    $"key_share holds more than {MaximumShares} shares.");
            }

            seen[count++] = entry.Group.Value;
        }

        return new KeyShareList(encoded);
    }

    public bool TryFind(NamedGroup group, out ReadOnlySpan<byte> keyExchange)
    {
        foreach (KeyShareEntry entry in this)
        {
            if (entry.Group == group)
            {
                keyExchange = entry.KeyExchange;
                return true;
            }
        }

        keyExchange = default;
        return false;
    }

    public Enumerator GetEnumerator() => new(Encoded);

    public ref struct Enumerator(ReadOnlySpan<byte> encoded)
    {
        private TlsReader _reader = new(encoded);

        public KeyShareEntry Current { get; private set; }

        public bool MoveNext()
        {
            if (_reader.IsAtEnd)
                return false;
            Current = new KeyShareEntry(new NamedGroup(_reader.ReadUInt16()), _reader.ReadVector16(1));
            return true;
        }
    }
}
