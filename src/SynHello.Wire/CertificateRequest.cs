namespace SynHello.Wire;

/// <summary>A CertificateRequest (RFC 8446 section 4.3.2) as a view over its bytes.</summary>
internal readonly ref struct CertificateRequest
{
    /// <summary>certificate_request_context: echoed in the answer; empty during the handshake.</summary>
    public ReadOnlySpan<byte> Context { get; init; }

    public CodePoints SignatureAlgorithms { get; init; }

    /// <summary>
    /// The DistinguishedNames of certificate_authorities, a vector each (RFC 8446 section 4.2.4); empty when it is not sent.
    /// </summary>
    public ReadOnlySpan<byte> Authorities { get; init; }

    /// <summary>How the server can decompress certificates (RFC 8879); empty when it cannot.</summary>
    public CodePoints CertificateCompressionAlgorithms { get; init; }

    public static CertificateRequest Parse(ReadOnlySpan<byte> body)
    {
        var reader = new TlsReader(body);
        ReadOnlySpan<byte> context = reader.ReadVector8();
        var extensions = new ExtensionReader(
            reader.ReadVector16(2), HandshakeContext.CertificateRequest);
        reader.ExpectEnd();

        CodePoints schemes = default, algorithms = default;
        ReadOnlySpan<byte> authorities = default;
        while (extensions.TryRead(out ExtensionType type, out ReadOnlySpan<byte> data))
        {
            var content = new TlsReader(data);
            switch (type.Value)
            {
                case 13:
                    schemes = content.ReadCodePoints16();
                    break;
                case 27:
                    algorithms = content.ReadCodePoints8();
                    break;
                case 47:
                    authorities = content.ReadVector16(3);
                    CheckNames(authorities);
                    break;
                default:
                    continue;
            }

            content.ExpectEnd();
        }

        if (schemes.IsEmpty)
        {
            throw new TlsProtocolException(
                TlsErrorCause.MissingExtension,
                "CertificateRequest has no signature_algorithms.");
        }

        return new CertificateRequest
        {
            Context = context,
            SignatureAlgorithms = schemes,
            Authorities = authorities,
            CertificateCompressionAlgorithms = algorithms,
        };
    }

    public void Write(TlsWriter writer)
    {
        using TlsWriter.LengthScope message = writer.Message(HandshakeType.CertificateRequest);
        writer.WriteVector8(Context);
        using TlsWriter.LengthScope extensions = writer.Vector16();
        using (writer.Extension(ExtensionType.SignatureAlgorithms))
            writer.WriteVector16(SignatureAlgorithms.Encoded);
        if (!CertificateCompressionAlgorithms.IsEmpty)
        {
            using TlsWriter.LengthScope extension = writer.Extension(ExtensionType.CompressCertificate);
            writer.WriteVector8(CertificateCompressionAlgorithms.Encoded);
        }

        if (!Authorities.IsEmpty)
        {
            using TlsWriter.LengthScope extension = writer.Extension(ExtensionType.CertificateAuthorities);
            writer.WriteVector16(Authorities);
        }
    }

    /// <summary>The names of <see cref="Authorities"/>, in DER.</summary>
    public List<ReadOnlyMemory<byte>> ReadAuthorities()
    {
        var names = new List<ReadOnlyMemory<byte>>();
        var reader = new TlsReader(Authorities);
        while (!reader.IsAtEnd)
            names.Add(reader.ReadVector16(1).ToArray());
        return names;
    }

    private static void CheckNames(ReadOnlySpan<byte> authorities)
    {
        var reader = new TlsReader(authorities);
        while (!reader.IsAtEnd)
            reader.ReadVector16(1);
    }
}
