using System.Runtime.CompilerServices;

namespace SynHello.Wire;

/// <summary>
/// Walks a block of extensions, refusing one that stands twice or in a message that it must not stand in
/// (RFC 8446 section 4.2). Each extension's data must be read to its end by whoever takes it.
/// </summary>
internal ref struct ExtensionReader
{
    private readonly HandshakeContext _context;
    private SeenTypes _seen;
    private TlsReader _reader;

    /// <param name="block">The extensions, without the length in front of them.</param>
    /// <param name="context">The message that they stand in.</param>
    public ExtensionReader(ReadOnlySpan<byte> block, HandshakeContext context)
    {
        _reader = new TlsReader(block);
        _context = context;
    }

    public readonly bool IsAtEnd => _reader.IsAtEnd;

    public bool TryRead(out ExtensionType type, out ReadOnlySpan<byte> data)
    {
        if (_reader.IsAtEnd)
        {
            type = default;
            data = default;
            return false;
        }

        type = new ExtensionType(_reader.ReadUInt16());
        data = _reader.ReadVector16();
        ref ulong word = ref _seen[type.Value / 64];
        ulong bit = 1ul << (type.Value % 64);
        if ((word & bit) != 0)
        {
            throw new TlsProtocolException(
                TlsErrorCause.DuplicateExtension,
                $"The extension {type} stands twice in one message.");
        }

        word |= bit;
        if (ExtensionPlacement.Of(type) is { } allowed && (allowed & _context) == HandshakeContext.None)
        {
            throw new TlsProtocolException(
                TlsErrorCause.MisplacedExtension,
                $"The extension {type} must not stand in {_context}.");
        }

        return true;
    }

    /// <summary>
    /// A bit an extension type: a double is found at once, however many extensions a hostile hello holds.
    /// </summary>
    [InlineArray((ushort.MaxValue + 1) / 64)]
    private struct SeenTypes
    {
        private ulong _first;
    }
}
