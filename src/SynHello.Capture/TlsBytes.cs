using SynHello.Wire;

namespace SynHello.Capture;

/// <summary>
/// TLS as a capture shows it: cut anywhere and of any version, so that what cannot be read is no error.
/// </summary>
internal static class TlsBytes
{
    public const int HandshakeHeaderLength = 4;

    // RFC 8446, section 5.2, and RFC 5246, section 6.2.3: at most 2^14 bytes and 2,048 of protection.
    private const int MaximumRecordLength = (1 << 14) + 2048;

    /// <summary>Whether bytes begin with a handshake record that begins with a ClientHello.</summary>
    public static bool BeginsWithClientHello(ReadOnlySpan<byte> bytes) =>
        TryReadRecordHeader(bytes, out RecordHeader header)
        && header.Type == ContentType.Handshake
        && header.Length >= HandshakeHeaderLength
        && bytes.Length > RecordHeader.Size
        && bytes[RecordHeader.Size] == HandshakeType.ClientHello.Value;

    /// <summary>Reads a record header (RFC 8446, section 5.1).</summary>
    /// <returns>False if there are too few bytes, or they cannot be a record's header.</returns>
    public static bool TryReadRecordHeader(ReadOnlySpan<byte> bytes, out RecordHeader header) =>
        RecordHeader.TryRead(bytes, out header)
        && header.Type.Value is >= 20 and <= 24
        && header.LegacyVersion.Value >> 8 == 3
        && header.Length <= MaximumRecordLength;

    /// <summary>
    /// Reads what the body of a ServerHello chooses (RFC 8446, sections 4.1.3, 4.2.1 and 4.2.11).
    /// </summary>
    /// <returns>False if the body is cut short or malformed.</returns>
    public static bool TryReadServerHello(ReadOnlySpan<byte> body, out ServerHelloChoice choice)
    {
        choice = default;
        try
        {
            ServerHello hello = ServerHello.Parse(body);
            choice = new ServerHelloChoice(
                hello.SelectedVersion,
                hello.IsHelloRetryRequest,
                hello.Present.Contains(ExtensionType.PreSharedKey));
            return true;
        }
        catch (TlsProtocolException)
        {
            return false;
        }
    }
}
