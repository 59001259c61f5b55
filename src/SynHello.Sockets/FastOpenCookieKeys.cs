using System.Net.Sockets;

namespace SynHello.Sockets;

/// <summary>The form in which a listener's cookie keys are handed to the kernel.</summary>
internal static class FastOpenCookieKeys
{
    /// <summary>The length of one key in bytes.</summary>
    public const int KeyLength = 16;

    /// <summary>Checks the keys that somebody chose.</summary>
    /// <param name="keys">One key, or two, one behind the other.</param>
    /// <param name="parameterName">The argument that they came as.</param>
    /// <exception cref="ArgumentException">They are neither, or a key is all zeros.</exception>
    public static void Check(ReadOnlySpan<byte> keys, string parameterName)
    {
        if (keys.Length is not (KeyLength or 2 * KeyLength))
            throw new ArgumentException("A Fast Open key has 16 bytes; there is one, or a second behind it.", parameterName);
        for (int i = 0; i < keys.Length; i += KeyLength)
        {
            // Nobody chose that key: it is memory that was never filled.
            if (!keys.Slice(i, KeyLength).ContainsAnyExcept((byte)0))
                throw new ArgumentException("A Fast Open key is all zeros.", parameterName);
        }
    }

    /// <summary>Gives a listener its keys, at once and for all cookies from now on.</summary>
    /// <exception cref="SocketException">The system refuses.</exception>
    /// <exception cref="PlatformNotSupportedException">This is not Linux.</exception>
    public static void Set(Socket listener, ReadOnlySpan<byte> keys)
    {
        if (!OperatingSystem.IsLinux())
            throw new PlatformNotSupportedException("Fast Open keys are set on Linux only.");
        listener.SetRawSocketOption(LinuxTcp.Level, LinuxTcp.FastOpenKey, keys);
    }
}
