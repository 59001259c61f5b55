namespace SynHello.Wire;

/// <summary>A CertificateRequest of TLS 1.2 (RFC 5246 section 7.4.4) as a view over its bytes.</summary>
internal readonly ref struct Tls12CertificateRequest
{
    /// <summary>rsa_sign (1) and ecdsa_sign (64).</summary>
    private static ReadOnlySpan<byte> EveryKind => [64, 1];

    /// <summary>The kinds of keys, an octet each: signature_algorithms say more.</summary>
    public ReadOnlySpan<byte> CertificateTypes { get; init; }

    public CodePoints SignatureAlgorithms { get; init; }

    /// <summary>The DistinguishedNames of the authorities, a vector each; may be empty.</summary>
    public ReadOnlySpan<byte> Authorities { get; init; }

    public static Tls12CertificateRequest Parse(ReadOnlySpan<byte> body)
    {
        var reader = new TlsReader(body);
        ReadOnlySpan<byte> types = reader.ReadVector8(1);
        CodePoints schemes = reader.ReadCodePoints16();
        ReadOnlySpan<byte> authorities = reader.ReadVector16();
        reader.ExpectEnd();
        var names = new TlsReader(authorities);
        while (!names.IsAtEnd)
            names.ReadVector16(1);
        return new Tls12CertificateRequest
        {
            CertificateTypes = types,
            SignatureAlgorithms = schemes,
            Authorities = authorities,
        };
    }

    /// <summary>Writes the message with its header, for any kind of key.</summary>
    public static void Write(TlsWriter writer, CodePoints signatureAlgorithms, ReadOnlySpan<byte> authorities)
    {
        using TlsWriter.LengthScope message = writer.Message(HandshakeType.CertificateRequest);
        writer.WriteVector8(EveryKind);
        writer.WriteVector16(signatureAlgorithms.Encoded);
        writer.WriteVector16(authorities);
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
}
