using System.Formats.Asn1;

using Microsoft.Extensions.Logging;
using Microsoft.Win32.SafeHandles;

namespace SynHello;

/// <summary>
/// Keeps OCSP responses across restarts: their DER, one behind the other. Nothing of what it holds is trusted. Not thread-safe.
/// </summary>
internal sealed class StapleFile(string path, ILogger logger)
{
    /// <summary>How many responses are read.</summary>
    public const int MaximumResponses = 16;

    /// <summary>The responses in the file; none when it is not there, or not used.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> Read()
    {
        try
        {
            using SafeFileHandle? handle = PrivateFile.TryOpen(path, out string? refusal);
            if (refusal is not null)
                Log.StapleFileRefused(logger, path, refusal);
            return handle is null ? [] : Split(ReadAll(handle));
        }
        catch (Exception exception)
            when (exception is IOException or UnauthorizedAccessException or NotSupportedException or AsnContentException)
        {
            Log.StapleFileRefused(logger, path, exception.Message);
            return [];
        }
    }

    /// <summary>Replaces what is in the file. A failure is logged, and nobody is the worse for it before the next restart.</summary>
    public void Write(IEnumerable<ReadOnlyMemory<byte>> responses)
    {
        string? replacement = null;
        try
        {
            // Another stapler may write the same file, when a certificate is loaded anew.
            replacement = $"{path}.{Guid.NewGuid():N}.new";
            using (var stream = new FileStream(replacement, PrivateFile.Options(FileMode.CreateNew)))
            {
                foreach (ReadOnlyMemory<byte> response in responses)
                    stream.Write(response.Span);
                stream.Flush(flushToDisk: true);
            }

            File.Move(replacement, path, overwrite: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            Log.StapleFileFailed(logger, path, exception.Message);
            Delete(replacement);
        }
    }

    private static void Delete(string? file)
    {
        try
        {
            if (file is not null)
                File.Delete(file);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            // It holds nothing that is not public.
        }
    }

    private static byte[] ReadAll(SafeFileHandle handle)
    {
        byte[] bytes = new byte[Math.Min(RandomAccess.GetLength(handle), MaximumResponses * OcspResponse.MaximumLength)];
        int length = 0;
        while (length < bytes.Length && RandomAccess.Read(handle, bytes.AsSpan(length), length) is var count and > 0)
            length += count;
        return length == bytes.Length ? bytes : bytes[..length];
    }

    private static List<ReadOnlyMemory<byte>> Split(byte[] bytes)
    {
        var responses = new List<ReadOnlyMemory<byte>>();
        var reader = new AsnReader(bytes, AsnEncodingRules.DER);
        while (reader.HasData && responses.Count < MaximumResponses)
            responses.Add(reader.ReadEncodedValue());
        return responses;
    }
}
