using System.Security.Authentication;

using SynHello.Wire;

namespace SynHello.Capture;

/// <summary>What the first record of a server says in the clear.</summary>
/// <param name="Version">The version that it chooses; None if it is older than TLS 1.2.</param>
/// <param name="IsHelloRetryRequest">Whether it asks for another ClientHello (RFC 8446, section 4.1.4).</param>
/// <param name="SessionResumed">
/// TLS 1.3: whether it takes a pre-shared key, so that the handshake resumes a session and no certificate follows (RFC
/// 8446, section 2.2).
/// </param>
public readonly record struct ServerHelloSummary(SslProtocols Version, bool IsHelloRetryRequest, bool SessionResumed)
{
    /// <summary>
    /// Tells from what follows the ServerHello in TLS 1.2 whether a session is resumed: otherwise it is the server's certificate (RFC 5246
    /// section 7.3).
    /// </summary>
    /// <param name="stream">The stream from its first byte on, which begins with a ServerHello of TLS 1.2.</param>
    /// <param name="isResumed">Whether it is.</param>
    /// <returns>False if the bytes are too few. Any bytes may be given.</returns>
    public static bool TryReadTls12Resumption(ReadOnlySpan<byte> stream, out bool isResumed)
    {
        isResumed = false;
        if (!TlsBytes.TryReadRecordHeader(stream, out RecordHeader header) || stream.Length < RecordHeader.Size + header.Length)
            return false;
        ReadOnlySpan<byte> record = stream.Slice(RecordHeader.Size, header.Length);
        if (record.Length < TlsBytes.HandshakeHeaderLength)
            return false;
        int end = TlsBytes.HandshakeHeaderLength + ((record[1] << 16) | (record[2] << 8) | record[3]);
        if (end < record.Length)
        {
            isResumed = record[end] != HandshakeType.Certificate.Value;
            return true;
        }

        ReadOnlySpan<byte> next = stream[(RecordHeader.Size + header.Length)..];
        if (next.Length <= RecordHeader.Size || !TlsBytes.TryReadRecordHeader(next, out header))
            return false;
        isResumed = header.Type != ContentType.Handshake || next[RecordHeader.Size] != HandshakeType.Certificate.Value;
        return true;
    }

    /// <summary>Reads the ServerHello that a server's stream begins with.</summary>
    /// <param name="stream">The stream from its first byte on, at least to the end of the ServerHello.</param>
    /// <param name="summary">What it says.</param>
    /// <returns>
    /// False if the bytes are too few, or begin with no whole ServerHello in one record. Any bytes may be given.
    /// </returns>
    public static bool TryRead(ReadOnlySpan<byte> stream, out ServerHelloSummary summary)
    {
        summary = default;
        if (!TlsBytes.TryReadRecordHeader(stream, out RecordHeader header) || header.Type != ContentType.Handshake)
            return false;
        ReadOnlySpan<byte> record = stream[RecordHeader.Size..];
        if (record.Length < header.Length || header.Length < TlsBytes.HandshakeHeaderLength)
            return false;
        record = record[..header.Length];
        int length = (record[1] << 16) | (record[2] << 8) | record[3];
        ReadOnlySpan<byte> body = record[TlsBytes.HandshakeHeaderLength..];
        if (record[0] != HandshakeType.ServerHello.Value
            || length > body.Length
            || !TlsBytes.TryReadServerHello(body[..length], out ServerHelloChoice choice))
        {
            return false;
        }

        summary = new ServerHelloSummary(
            RoundTripLedger.ProtocolOf(choice.Version), choice.IsHelloRetryRequest, choice.TakesPreSharedKey);
        return true;
    }
}
