namespace SynHello.Wire;

/// <summary>A CertificateStatus (RFC 6066 section 8): the OCSP response for the server's own certificate.</summary>
internal static class CertificateStatus
{
    private const byte Ocsp = 1;

    /// <returns>The DER of the response.</returns>
    public static ReadOnlySpan<byte> Parse(ReadOnlySpan<byte> body)
    {
        var reader = new TlsReader(body);
        if (reader.ReadUInt8() != Ocsp)
            throw new TlsProtocolException(TlsErrorCause.IllegalValue, "CertificateStatus is of an unknown type.");
        ReadOnlySpan<byte> response = reader.ReadVector24(1);
        reader.ExpectEnd();
        return response;
    }

    public static void Write(TlsWriter writer, ReadOnlySpan<byte> response)
    {
        using TlsWriter.LengthScope message = writer.Message(HandshakeType.CertificateStatus);
        writer.WriteUInt8(Ocsp);
        writer.WriteVector24(response);
    }
}
