using System.Security.Cryptography;
using System.Text;

namespace SynHello.Crypto;

/// <summary>
/// Reads files that hold private keys, without leaving copies of them behind: what was read into is cleared, and who gets the bytes
/// or the characters clears those. Nothing of them becomes a string.
/// </summary>
internal static class SecretFile
{
    /// <summary>A thousand certificates; what is larger is something else.</summary>
    public const int MaximumLength = 1 << 20;

    private const int UsualLength = 8192;

    /// <summary>Reads a file.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="canBeReadAgain">False of pipes.</param>
    /// <exception cref="IOException">It is missing, cannot be read, or is too large.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public static byte[] Read(string path, out bool canBeReadAgain)
    {
        using var stream = new FileStream(
            path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        canBeReadAgain = stream.CanSeek;
        var buffer = new byte[UsualLength];
        try
        {
            var length = 0;
            while (stream.Read(buffer, length, buffer.Length - length) is > 0 and var count)
            {
                length += count;
                if (length > MaximumLength)
                    throw new IOException($"{path} has more than {MaximumLength} bytes: it is no certificate or key.");

                if (length == buffer.Length)
                {
                    var larger = new byte[2 * length];
                    buffer.CopyTo(larger, 0);
                    CryptographicOperations.ZeroMemory(buffer);
                    buffer = larger;
                }
            }

            return buffer[..length];
        }
        finally
        {
            CryptographicOperations.ZeroMemory(buffer);
        }
    }

    /// <summary>
    /// The characters of a text file, without its byte order mark: UTF-8, or UTF-16 where the mark says so.
    /// </summary>
    public static char[] Decode(ReadOnlySpan<byte> bytes)
    {
        (Encoding encoding, var mark) = bytes switch
        {
            [0xef, 0xbb, 0xbf, ..] => (Encoding.UTF8, 3),
            [0xff, 0xfe, ..] => (Encoding.Unicode, 2),
            [0xfe, 0xff, ..] => (Encoding.BigEndianUnicode, 2),
            _ => (Encoding.UTF8, 0),
        };
        bytes = bytes[mark..];
        var text = new char[encoding.GetCharCount(bytes)];
        encoding.GetChars(bytes, text);
        return text;
    }
}
