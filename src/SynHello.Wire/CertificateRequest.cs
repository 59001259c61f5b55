namespace SynHello.Wire;

/// <summary>A CertificateRequest (RFC 8446 section 4.3.2) as a view over its bytes.</summary>
internal readonly ref struct CertificateRequest
{
    /// <summary>certificate_request_context: echoed in the answer; empty during the handshake.</summary>
    public ReadOnlySpan<byte> Context { get; init; }

    public CodePoints SignatureAlgorithms { get; init; }

    public static CertificateRequest Parse(ReadOnlySpan<byte> body)
    {
        var reader = new TlsReader(body);
        ReadOnlySpan<byte> context = reader.ReadVector8();
        var extensions = new ExtensionReader(
            reader.ReadVector16(2), HandshakeContext.CertificateRequest);
        reader.ExpectEnd();

        CodePoints schemes = default;
        while (extensions.TryRead(out ExtensionType type, out ReadOnlySpan<byte> data))
        {
            if (type != ExtensionType.SignatureAlgorithms)
                continue;
            var content = new TlsReader(data);
            schemes = content.ReadCodePoints16();
            content.ExpectEnd();
        }

        if (schemes.IsEmpty)
        {
            throw new TlsProtocolException(
                TlsErrorCause.MissingExtension,
                "CertificateRequest has no signature_algorithms.");
        }

        return new CertificateRequest { Context = context, SignatureAlgorithms = schemes };
    }

    public void Write(TlsWriter writer)
    {
        using TlsWriter.LengthScope message = writer.Message(HandshakeType.CertificateRequest);
        writer.WriteVector8(Context);
        using TlsWriter.LengthScope extensions = writer.Vector16();
        using TlsWriter.LengthScope extension = writer.Extension(ExtensionType.SignatureAlgorithms);
        writer.WriteVector16(SignatureAlgorithms.Encoded);
    }
}
