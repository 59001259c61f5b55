namespace SynHello.Wire;

/// <summary>
/// A Certificate message of TLS 1.2 (RFC 5246 section 7.4.2): the DER of each certificate, the end entity's first.
/// </summary>
internal readonly ref struct Tls12Certificate
{
    private readonly ReadOnlySpan<byte> _list;

    private Tls12Certificate(ReadOnlySpan<byte> list) => _list = list;

    public static Tls12Certificate Parse(ReadOnlySpan<byte> body)
    {
        var reader = new TlsReader(body);
        ReadOnlySpan<byte> list = reader.ReadVector24();
        reader.ExpectEnd();
        return new Tls12Certificate(list);
    }

    public static void Write(TlsWriter writer, IReadOnlyList<ReadOnlyMemory<byte>> chain)
    {
        using TlsWriter.LengthScope message = writer.Message(HandshakeType.Certificate);
        using TlsWriter.LengthScope list = writer.Vector24();
        foreach (ReadOnlyMemory<byte> certificate in chain)
            writer.WriteVector24(certificate.Span);
    }

    public Enumerator GetEnumerator() => new(_list);

    public ref struct Enumerator(ReadOnlySpan<byte> list)
    {
        private TlsReader _reader = new(list);

        public ReadOnlySpan<byte> Current { get; private set; }

        public bool MoveNext()
        {
            if (_reader.IsAtEnd)
                return false;
            Current = _reader.ReadVector24(1);
            return true;
        }
    }
}
