namespace SynHello.Tls;

/// <summary>What a CertificateVerify signs (RFC 8446 section 4.4.3).</summary>
internal static class SignatureContent
{
    private const int SpaceCount = 64;

    public static ReadOnlySpan<byte> Server => "TLS 1.3, server CertificateVerify"u8;

    public static ReadOnlySpan<byte> Client => "TLS 1.3, client CertificateVerify"u8;

    public static int MaximumLength => SpaceCount + Server.Length + 1 + CipherSuiteParameters.MaximumHashLength;

    /// <summary>Writes 64 spaces, the context string, a zero and the transcript's hash.</summary>
    public static int Write(ReadOnlySpan<byte> context, ReadOnlySpan<byte> transcriptHash, Span<byte> destination)
    {
        destination[..SpaceCount].Fill((byte)' ');
        context.CopyTo(destination[SpaceCount..]);
        destination[SpaceCount + context.Length] = 0;
        transcriptHash.CopyTo(destination[(SpaceCount + context.Length + 1)..]);
        return SpaceCount + context.Length + 1 + transcriptHash.Length;
    }
}
