namespace SynHello.Wire;

/// <summary>A CompressedCertificate (RFC 8879 section 4) as a view over its bytes.</summary>
internal readonly ref struct CompressedCertificate
{
    public CertificateCompressionAlgorithm Algorithm { get; init; }

    /// <summary>The length of the Certificate message's body, as the sender declares it.</summary>
    public int UncompressedLength { get; init; }

    public ReadOnlySpan<byte> Compressed { get; init; }

    public static CompressedCertificate Parse(ReadOnlySpan<byte> body)
    {
        var reader = new TlsReader(body);
        var algorithm = new CertificateCompressionAlgorithm(reader.ReadUInt16());
        int length = reader.ReadUInt24();
        ReadOnlySpan<byte> compressed = reader.ReadVector24(1);
        reader.ExpectEnd();
        return new CompressedCertificate { Algorithm = algorithm, UncompressedLength = length, Compressed = compressed };
    }

    public void Write(TlsWriter writer)
    {
        using TlsWriter.LengthScope message = writer.Message(HandshakeType.CompressedCertificate);
        writer.WriteUInt16(Algorithm.Value);
        writer.WriteUInt24(UncompressedLength);
        writer.WriteVector24(Compressed);
    }
}
