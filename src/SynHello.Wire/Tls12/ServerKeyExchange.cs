namespace SynHello.Wire;

/// <summary>
/// A ServerKeyExchange of ECDHE (RFC 8422 section 5.4) as a view over its bytes: a named curve and the server's public value,
/// signed.
/// </summary>
internal readonly ref struct ServerKeyExchange
{
    private const byte NamedCurve = 3;

    public NamedGroup Group { get; init; }

    public ReadOnlySpan<byte> PublicKey { get; init; }

    /// <summary>ServerECDHParams, which the signature covers behind the two Randoms.</summary>
    public ReadOnlySpan<byte> Parameters { get; init; }

    public SignatureScheme Algorithm { get; init; }

    public ReadOnlySpan<byte> Signature { get; init; }

    public static ServerKeyExchange Parse(ReadOnlySpan<byte> body)
    {
        var reader = new TlsReader(body);

        // RFC 8422 section 5.4: a curve that is spelled out was never much used, and may be anything but a curve.
        if (reader.ReadUInt8() != NamedCurve)
            throw new TlsProtocolException(TlsErrorCause.IllegalValue, "ServerKeyExchange does not name its curve.");
        var group = new NamedGroup(reader.ReadUInt16());
        ReadOnlySpan<byte> publicKey = reader.ReadVector8(1);
        ReadOnlySpan<byte> parameters = body[..^reader.Rest.Length];
        var algorithm = new SignatureScheme(reader.ReadUInt16());
        ReadOnlySpan<byte> signature = reader.ReadVector16();
        reader.ExpectEnd();
        return new ServerKeyExchange
        {
            Group = group,
            PublicKey = publicKey,
            Parameters = parameters,
            Algorithm = algorithm,
            Signature = signature,
        };
    }

    /// <summary>Writes what is signed: ServerECDHParams.</summary>
    public static void WriteParameters(TlsWriter writer, NamedGroup group, ReadOnlySpan<byte> publicKey)
    {
        writer.WriteUInt8(NamedCurve);
        writer.WriteUInt16(group.Value);
        writer.WriteVector8(publicKey);
    }

    /// <summary>Writes the message with its header, of <see cref="Parameters"/> and the signature.</summary>
    public void Write(TlsWriter writer)
    {
        using TlsWriter.LengthScope message = writer.Message(HandshakeType.ServerKeyExchange);
        writer.WriteBytes(Parameters);
        writer.WriteUInt16(Algorithm.Value);
        writer.WriteVector16(Signature);
    }
}
