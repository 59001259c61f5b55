namespace SynHello.Wire;

/// <summary>A KeyUpdate (RFC 8446 section 4.6.3).</summary>
internal readonly record struct KeyUpdate(bool UpdateRequested)
{
    public static KeyUpdate Parse(ReadOnlySpan<byte> body)
    {
        var reader = new TlsReader(body);
        byte request = reader.ReadUInt8();
        reader.ExpectEnd();
        if (request > 1)
            throw new TlsProtocolException(TlsErrorCause.IllegalValue, "KeyUpdate.request_update is neither 0 nor 1.");
        return new KeyUpdate(request == 1);
    }

    public void Write(TlsWriter writer)
    {
        using TlsWriter.LengthScope message = writer.Message(HandshakeType.KeyUpdate);
        writer.WriteUInt8(UpdateRequested ? (byte)1 : (byte)0);
    }
}
