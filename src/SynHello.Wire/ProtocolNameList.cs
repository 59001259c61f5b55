namespace SynHello.Wire;

/// <summary>A ProtocolNameList (RFC 7301 section 3.1): names of 1 to 255 octets.</summary>
internal readonly ref struct ProtocolNameList
{
    private ProtocolNameList(ReadOnlySpan<byte> encoded) => Encoded = encoded;

    /// <summary>The list without the length in front of it.</summary>
    public ReadOnlySpan<byte> Encoded { get; }

    public static ProtocolNameList Parse(ReadOnlySpan<byte> encoded)
    {
        var list = new ProtocolNameList(encoded);
        foreach (ReadOnlySpan<byte> _ in list)
        {
            // The walk itself refuses an empty or truncated name.
        }

        return list;
    }

    public bool Contains(ReadOnlySpan<byte> name)
    {
        foreach (ReadOnlySpan<byte> candidate in this)
        {
            if (candidate.SequenceEqual(name))
                return true;
        }

        return false;
    }

    public Enumerator GetEnumerator() => new(Encoded);

    public ref struct Enumerator(ReadOnlySpan<byte> encoded)
    {
        private TlsReader _reader = new(encoded);

        public ReadOnlySpan<byte> Current { get; private set; }

        public bool MoveNext()
        {
            if (_reader.IsAtEnd)
                return false;
            Current = _reader.ReadVector8(1);
            return true;
        }
    }
}
