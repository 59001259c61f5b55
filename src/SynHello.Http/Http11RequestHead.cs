using System.Text;

namespace SynHello.Http;

/// <summary>The head of a request of HTTP/1.1 (RFC 9112), as it is written.</summary>
internal static class Http11RequestHead
{
    /// <summary>
    /// Whether bytes are the whole head of one request without a body whose method is safe (RFC 9110 section 9.2.1), and that
    /// begins nothing else: what may be early data at all (RFC 8470 section 4).
    /// </summary>
    public static bool IsReplaySafe(ReadOnlySpan<byte> written)
    {
        if (!(written.StartsWith("GET "u8) || written.StartsWith("HEAD "u8) || written.StartsWith("OPTIONS "u8)) || !IsWholeHead(written))
            return false;

        while (written.IndexOf("\r\n"u8) is >= 0 and int length)
        {
            written = written[(length + 2)..];
            int colon = written.IndexOf((byte)':');
            if (colon > 0 && IsMoreThanAHead(written[..colon]))
                return false;
        }

        return true;
    }

    /// <summary>Whether bytes are the whole head of one request, and nothing else.</summary>
    public static bool IsWholeHead(ReadOnlySpan<byte> written)
    {
        ReadOnlySpan<byte> end = "\r\n\r\n"u8;
        return written.IndexOf("\r\n"u8) is > 0 and int line
            && written[..line].EndsWith(" HTTP/1.1"u8)
            && written.IndexOf(end) == written.Length - end.Length;
    }

    private static bool IsMoreThanAHead(ReadOnlySpan<byte> name) =>
        Ascii.EqualsIgnoreCase(name, "Content-Length"u8)
        || Ascii.EqualsIgnoreCase(name, "Transfer-Encoding"u8)
        || Ascii.EqualsIgnoreCase(name, "Expect"u8)
        || Ascii.EqualsIgnoreCase(name, "Upgrade"u8);
}
