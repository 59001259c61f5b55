using System.Globalization;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace SynHello.Sockets;

/// <summary>Linux's own numbers for TCP sockets, and the calls that .NET's sockets do not offer.</summary>
internal static partial class LinuxTcp
{
    public const int Level = 6;
    public const int SynCount = 7;
    public const int Info = 11;
    public const int FastOpen = 23;
    public const int FastOpenConnect = 30;
    public const int FastOpenKey = 33;
    public const int FastOpenNoCookie = 34;

    /// <summary>How many SYN-ACKs an unproven child sends: at once, and after a second. It is gone after three.</summary>
    public const int UnprovenSynAcks = 2;

    /// <summary>How many SYN-ACKs a child sends that has shown a cookie: it is gone after seven seconds.</summary>
    public const int VerifiedSynAcks = 3;

    /// <summary>How many it may be where that cannot be set: more than net.ipv4.tcp_synack_retries is by default.</summary>
    public const int MostSynAcks = 8;

    private const string FastOpenSysctlPath = "/proc/sys/net/ipv4/tcp_fastopen";
    private const int SocketLevel = 1;
    private const int ReusePort = 15;
    private const int MessageDontWait = 0x40;
    private const int MessageNoSignal = 0x4000;
    private const int MessageMore = 0x8000;

    /// <summary>Sets an integer option; false when the system does not know it or does not allow it.</summary>
    public static bool TrySetOption(Socket socket, int option, int value)
    {
        if (!OperatingSystem.IsLinux()) return false;

        try
        {
            socket.SetRawSocketOption(Level, option, MemoryMarshal.AsBytes(new ReadOnlySpan<int>(in value)));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    /// <summary>Whether the kernel knows an integer option, allowed or not.</summary>
    public static bool KnowsOption(Socket socket, int option)
    {
        if (!OperatingSystem.IsLinux()) return false;

        int value = 0;
        try
        {
            return socket.GetRawSocketOption(Level, option, MemoryMarshal.AsBytes(new Span<int>(ref value))) > 0;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    /// <summary>Lets several listeners share one address and port.</summary>
    public static void SetReusePort(Socket socket)
    {
        if (!OperatingSystem.IsLinux()) throw new PlatformNotSupportedException("SO_REUSEPORT is used on Linux only.");

        int on = 1;
        socket.SetRawSocketOption(SocketLevel, ReusePort, MemoryMarshal.AsBytes(new ReadOnlySpan<int>(in on)));
    }

    /// <summary>net.ipv4.tcp_fastopen of this network namespace (for IPv6 too), or null when it cannot be
    /// read.</summary>
    public static int? ReadFastOpenSysctl()
    {
        if (!OperatingSystem.IsLinux()) return null;

        try
        {
            string text = File.ReadAllText(FastOpenSysctlPath);
            return int.TryParse(text.AsSpan().Trim(), NumberStyles.Integer, CultureInfo.InvariantCulture, out int value)
                ? value
                : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>
    /// The send that makes the SYN, on a socket whose connect was deferred. Socket.Send and SendAsync call send(2)
    /// until everything is gone, so they cannot say what a single call took; and what this one takes is, by the
    /// kernel's own account, exactly what it put into the SYN.
    /// </summary>
    /// <returns>Bytes in the SYN; 0 when it left without data.</returns>
    /// <exception cref="SocketException">The connection has failed already.</exception>
    public static int SendInSyn(Socket socket, ReadOnlySpan<byte> data)
    {
        while (true)
        {
            nint sent = Send(socket.SafeHandle, data, (nuint)data.Length, MessageDontWait | MessageNoSignal);
            if (sent >= 0) return (int)sent;

            int error = Marshal.GetLastPInvokeError();
            switch (error)
            {
                case Errno.Interrupted:
                    continue;
                case Errno.Again or Errno.InProgress or Errno.Already:
                    // The cookie went away between connect and send, or memory is short: a SYN without data has left,
                    // or leaves with the next send.
                    return 0;
                default:
                    throw new SocketException((int)Errno.ToSocketError(error), Marshal.GetPInvokeErrorMessage(error));
            }
        }
    }

    /// <summary>
    /// Sends what this side's FIN follows at once: the kernel keeps it until then, and both leave in one segment. Does not wait for room.
    /// </summary>
    /// <returns>How many bytes were taken; -1 when none were.</returns>
    public static int SendBeforeFin(Socket socket, ReadOnlySpan<byte> data)
    {
        while (true)
        {
            nint sent = Send(socket.SafeHandle, data, (nuint)data.Length, MessageMore | MessageDontWait | MessageNoSignal);
            if (sent >= 0 || Marshal.GetLastPInvokeError() != Errno.Interrupted) return (int)sent;
        }
    }

    [LibraryImport("libc", EntryPoint = "send", SetLastError = true)]
    private static partial nint Send(SafeHandle socket, ReadOnlySpan<byte> buffer, nuint length, int flags);
}
