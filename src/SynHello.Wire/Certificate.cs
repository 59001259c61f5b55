namespace SynHello.Wire;

/// <summary>A Certificate message (RFC 8446 section 4.4.2) as a view over its bytes.</summary>
internal readonly ref struct Certificate
{
    private readonly ReadOnlySpan<byte> _list;
    private readonly ExtensionSet _offered;

    private Certificate(ReadOnlySpan<byte> context, ReadOnlySpan<byte> list, ExtensionSet offered)
    {
        Context = context;
        _list = list;
        _offered = offered;
    }

    /// <summary>certificate_request_context: empty in the server's own.</summary>
    public ReadOnlySpan<byte> Context { get; }

    /// <summary>Whether there is no certificate in it.</summary>
    public bool IsEmpty => _list.IsEmpty;

    /// <param name="body">The message without its header.</param>
    /// <param name="offered">The extensions that the other side asked for: an entry may hold no other.</param>
    public static Certificate Parse(ReadOnlySpan<byte> body, ExtensionSet offered)
    {
        var reader = new TlsReader(body);
        ReadOnlySpan<byte> context = reader.ReadVector8();
        ReadOnlySpan<byte> list = reader.ReadVector24();
        reader.ExpectEnd();
        return new Certificate(context, list, offered);
    }

    public static void Write(TlsWriter writer, ReadOnlySpan<byte> context, IReadOnlyList<ReadOnlyMemory<byte>> chain)
    {
        using TlsWriter.LengthScope message = writer.Message(HandshakeType.Certificate);
        writer.WriteVector8(context);
        using TlsWriter.LengthScope list = writer.Vector24();
        for (int i = 0; i < chain.Count; i++)
        {
            writer.WriteVector24(chain[i].Span);
            writer.WriteUInt16(0);
        }
    }

    /// <summary>The DER of each certificate, the end entity's first.</summary>
    public Enumerator GetEnumerator() => new(_list, _offered);

    public ref struct Enumerator(ReadOnlySpan<byte> list, ExtensionSet offered)
    {
        private readonly ExtensionSet _offered = offered;
        private TlsReader _reader = new(list);

        public ReadOnlySpan<byte> Current { get; private set; }

        public bool MoveNext()
        {
            if (_reader.IsAtEnd)
                return false;
            Current = _reader.ReadVector24(1);
            ReadOnlySpan<byte> block = _reader.ReadVector16();
            if (!block.IsEmpty)
                CheckExtensions(block);
            return true;
        }

        private readonly void CheckExtensions(ReadOnlySpan<byte> block)
        {
            var extensions = new ExtensionReader(
                block, HandshakeContext.Certificate);
            while (extensions.TryRead(out ExtensionType type, out _))
            {
                if (!_offered.Contains(type))
                {
                    throw new TlsProtocolException(
                        TlsErrorCause.UnsolicitedExtension,
                        $"A certificate came with the extension {type}, which was not offered.");
                }
            }
        }
    }
}
