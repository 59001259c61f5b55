using System.Buffers.Text;
using Microsoft.Win32.SafeHandles;

namespace SynHello.Sockets;

/// <summary>
/// The kernel's own counts of full queues (/proc/net/netstat), which are those of all listeners of the network namespace.
/// The file stays open: a reading takes some 30 microseconds and allocates nothing. Not thread-safe.
/// </summary>
internal sealed class KernelCounters : IDisposable
{
    private const string Path = "/proc/net/netstat";
    private const int Size = 32 * 1024; // some 8 KB on Linux 6.18

    private readonly SafeFileHandle _file;
    private readonly byte[] _buffer = new byte[Size];

    private KernelCounters(SafeFileHandle file) => _file = file;

    /// <summary>Opens the file; null where there is none, or it must not be read.</summary>
    public static KernelCounters? TryOpen()
    {
        if (!OperatingSystem.IsLinux())
            return null;
        try
        {
            return new KernelCounters(File.OpenHandle(Path, share: FileShare.ReadWrite));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Reads them.</summary>
    /// <param name="overflows">How often a Fast Open queue was full.</param>
    /// <param name="fullSynQueues">How often a queue of plain SYNs was full.</param>
    /// <returns>False when they cannot be read at this moment.</returns>
    public bool TryRead(out long overflows, out long fullSynQueues)
    {
        (overflows, fullSynQueues) = (0, 0);
        try
        {
            int length = 0;
            while (length < Size && RandomAccess.Read(_file, _buffer.AsSpan(length), length) is int read and > 0)
                length += read;
            return TryParse(_buffer.AsSpan(0, length), out overflows, out fullSynQueues);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ObjectDisposedException)
        {
            return false;
        }
    }

    /// <summary>Closes the file.</summary>
    public void Dispose() => _file.Dispose();

    /// <summary>Reads two lines that begin with "TcpExt:": the names, and then the numbers in the same order.</summary>
    internal static bool TryParse(ReadOnlySpan<byte> text, out long overflows, out long fullSynQueues)
    {
        (overflows, fullSynQueues) = (0, 0);
        if (!TryTakeLine(ref text, out ReadOnlySpan<byte> names) || !TryTakeLine(ref text, out ReadOnlySpan<byte> numbers))
            return false;
        while (TryTakeWord(ref names, out ReadOnlySpan<byte> name))
        {
            if (!TryTakeWord(ref numbers, out ReadOnlySpan<byte> number))
                return false;
            bool isOverflow = name.SequenceEqual("TCPFastOpenListenOverflow"u8);
            if (!isOverflow && !name.SequenceEqual("TCPReqQFullDoCookies"u8) && !name.SequenceEqual("TCPReqQFullDrop"u8))
                continue;
            if (!Utf8Parser.TryParse(number, out long value, out int used) || used != number.Length)
                return false;
            if (isOverflow)
                overflows = value;
            else
                fullSynQueues += value;
        }

        return true;
    }

    private static bool TryTakeLine(ref ReadOnlySpan<byte> text, out ReadOnlySpan<byte> line)
    {
        ReadOnlySpan<byte> start = "TcpExt: "u8;
        while (!text.IsEmpty)
        {
            int end = text.IndexOf((byte)'\n');
            line = end < 0 ? text : text[..end];
            text = end < 0 ? [] : text[(end + 1)..];
            if (!line.StartsWith(start))
                continue;
            line = line[start.Length..];
            return true;
        }

        line = [];
        return false;
    }

    private static bool TryTakeWord(ref ReadOnlySpan<byte> line, out ReadOnlySpan<byte> word)
    {
        line = line.TrimStart((byte)' ');
        int end = line.IndexOf((byte)' ');
        word = end < 0 ? line : line[..end];
        line = line[word.Length..];
        return !word.IsEmpty;
    }
}
