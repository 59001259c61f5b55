namespace SynHello.Wire;

/// <summary>A Certificate message (RFC 8446 section 4.4.2) as a view over its bytes.</summary>
internal readonly ref struct Certificate
{
    private const byte Ocsp = 1;

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

    /// <param name="writer">Where it is written.</param>
    /// <param name="context">certificate_request_context.</param>
    /// <param name="chain">The DER of each certificate, the end entity's first.</param>
    /// <param name="ocspResponses">The DER of the OCSP response for each; empty, or not there, where there is none.</param>
    public static void Write(
        TlsWriter writer,
        ReadOnlySpan<byte> context,
        IReadOnlyList<ReadOnlyMemory<byte>> chain,
        IReadOnlyList<ReadOnlyMemory<byte>>? ocspResponses = null)
    {
        using TlsWriter.LengthScope message = writer.Message(HandshakeType.Certificate);
        writer.WriteVector8(context);
        using TlsWriter.LengthScope list = writer.Vector24();
        for (int i = 0; i < chain.Count; i++)
        {
            writer.WriteVector24(chain[i].Span);
            using TlsWriter.LengthScope extensions = writer.Vector16();
            if (ocspResponses is null || i >= ocspResponses.Count || ocspResponses[i].IsEmpty)
                continue;
            using TlsWriter.LengthScope extension = writer.Extension(ExtensionType.StatusRequest);
            writer.WriteUInt8(Ocsp);
            writer.WriteVector24(ocspResponses[i].Span);
        }
    }

    /// <summary>Each certificate, the end entity's first.</summary>
    public Enumerator GetEnumerator() => new(_list, _offered);

    public ref struct Enumerator(ReadOnlySpan<byte> list, ExtensionSet offered)
    {
        private readonly ExtensionSet _offered = offered;
        private TlsReader _reader = new(list);

        public CertificateEntry Current { get; private set; }

        public bool MoveNext()
        {
            if (_reader.IsAtEnd)
                return false;
            ReadOnlySpan<byte> der = _reader.ReadVector24(1);
            ReadOnlySpan<byte> block = _reader.ReadVector16();
            Current = new CertificateEntry { Der = der, OcspResponse = block.IsEmpty ? default : ReadExtensions(block) };
            return true;
        }

        private readonly ReadOnlySpan<byte> ReadExtensions(ReadOnlySpan<byte> block)
        {
            var extensions = new ExtensionReader(
                block, HandshakeContext.Certificate);
            ReadOnlySpan<byte> response = default;
            while (extensions.TryRead(out ExtensionType type, out ReadOnlySpan<byte> data))
            {
                if (!_offered.Contains(type))
                {
                    throw new TlsProtocolException(
                        TlsErrorCause.UnsolicitedExtension,
                        $"A certificate came with the extension {type}, which was not offered.");
                }

                if (type == ExtensionType.StatusRequest)
                    response = ReadStatus(data);
            }

            return response;
        }

        /// <summary>A CertificateStatus (RFC 6066 section 8, RFC 8446 section 4.4.2.1).</summary>
        private static ReadOnlySpan<byte> ReadStatus(ReadOnlySpan<byte> data)
        {
            var content = new TlsReader(data);
            if (content.ReadUInt8() != Ocsp)
                throw new TlsProtocolException(TlsErrorCause.IllegalValue, "A certificate came with a status of an unknown type.");
            ReadOnlySpan<byte> response = content.ReadVector24(1);
            content.ExpectEnd();
            return response;
        }
    }
}
