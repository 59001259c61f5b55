namespace SynHello.Wire;

/// <summary>A CertificateVerify (RFC 8446 section 4.4.3) as a view over its bytes.</summary>
internal readonly ref struct CertificateVerify
{
    public SignatureScheme Algorithm { get; init; }

    public ReadOnlySpan<byte> Signature { get; init; }

    public static CertificateVerify Parse(ReadOnlySpan<byte> body)
    {
        var reader = new TlsReader(body);
        var algorithm = new SignatureScheme(reader.ReadUInt16());
        ReadOnlySpan<byte> signature = reader.ReadVector16();
        reader.ExpectEnd();
        return new CertificateVerify { Algorithm = algorithm, Signature = signature };
    }

    public void Write(TlsWriter writer)
    {
        using TlsWriter.LengthScope message = writer.Message(HandshakeType.CertificateVerify);
        writer.WriteUInt16(Algorithm.Value);
        writer.WriteVector16(Signature);
    }
}
