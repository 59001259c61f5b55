using System.Net.Sockets;

namespace SynHello.Cli.Race;

/// <summary>Linux's socket options for Fast Open, set by number, as someone without SynHello has to (tcp(7)).</summary>
internal static class RawFastOpen
{
    /// <summary>TCP_FASTOPEN, on a listener: how many connections may be open before their address is proven.</summary>
    public const int Listen = 23;

    /// <summary>TCP_FASTOPEN_CONNECT, on a client: the first write goes into the SYN.</summary>
    public const int Connect = 30;

    private const int TcpLevel = 6;

    public static void Set(Socket socket, int option, int value) =>
        socket.SetRawSocketOption(TcpLevel, option, BitConverter.GetBytes(value));
}
