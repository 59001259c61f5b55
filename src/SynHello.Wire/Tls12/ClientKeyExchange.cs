namespace SynHello.Wire;

/// <summary>A ClientKeyExchange of ECDHE (RFC 8422 section 5.7): the client's public value.</summary>
internal static class ClientKeyExchange
{
    /// <returns>The public value.</returns>
    public static ReadOnlySpan<byte> Parse(ReadOnlySpan<byte> body)
    {
        var reader = new TlsReader(body);
        ReadOnlySpan<byte> publicKey = reader.ReadVector8(1);
        reader.ExpectEnd();
        return publicKey;
    }

    public static void Write(TlsWriter writer, ReadOnlySpan<byte> publicKey)
    {
        using TlsWriter.LengthScope message = writer.Message(HandshakeType.ClientKeyExchange);
        writer.WriteVector8(publicKey);
    }
}
