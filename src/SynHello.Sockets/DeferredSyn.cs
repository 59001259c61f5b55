using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace SynHello.Sockets;

/// <summary>
/// The SYN of a connection whose connect the kernel has deferred (<c>TCP_FASTOPEN_CONNECT</c>): the next send makes it.
/// </summary>
/// <remarks>
/// How large that SYN will be, the kernel works out only when it makes it. In this state <c>TCP_INFO</c> knows
/// neither path MTU nor advertised MSS (both 0), and its MSS and <c>TCP_MAXSEG</c> are the 536 that every socket is
/// born with. What is true already (seen on Linux 6.18, IPv4 and IPv6 alike):
/// <list type="bullet">
/// <item><c>IP_MTU</c> and <c>IPV6_MTU</c> say the path MTU that the SYN will obey: the interface's (65535 on a
/// loopback of 65536), the route's <c>mtu</c>, and what path MTU discovery has found.</item>
/// <item>The peer's MSS of an earlier visit bounds the SYN, with and without a cookie. The kernel keeps it in its TCP
/// metrics for the pair of addresses, and netlink tells it to everybody.</item>
/// <item>Without such a memory, and only then, the route's <c>advmss</c> bounds it. Netlink tells that too.</item>
/// <item>The kernel fills a SYN from one page fragment that connections share. At least a page of it is free, so more
/// than a page may fit (on an MTU of 9000 three times out of four) or may not.</item>
/// </list>
/// The answer is thus exact below a page, and a page above, which is never too much. It can be too much where netlink
/// is closed to the process, and when path MTU or metrics change between the question and the send.
/// </remarks>
internal static class DeferredSyn
{
    // include/uapi/linux/in.h and in6.h
    private const int LevelIPv4 = 0;
    private const int PathMtuIPv4 = 14;
    private const int LevelIPv6 = 41;
    private const int PathMtuIPv6 = 24;

    private const int EthernetMtu = 1500;

    /// <summary>How many bytes of payload the SYN has room for.</summary>
    /// <param name="socket">The socket in that state.</param>
    /// <param name="remote">The address that it dials.</param>
    /// <returns>Bytes.</returns>
    public static int Room(Socket socket, IPAddress remote)
    {
        int mtu = PathMtu(socket, remote.AddressFamily);
        IPAddress? local = (socket.LocalEndPoint as IPEndPoint)?.Address;
        int? mss = local is null
            ? null
            : PathMetrics.FastOpenMss(local, remote) ?? PathMetrics.RouteMss(local, remote);
        return Room(mtu, remote.AddressFamily, mss);
    }

    internal static int Room(int mtu, AddressFamily family, int? mss)
    {
        int room = SynBudget.FromMtu(mtu, family);
        if (mss is > 0 and int known) room = Math.Min(room, SynBudget.FromMss(known));
        return Math.Min(room, Environment.SystemPageSize);
    }

    private static int PathMtu(Socket socket, AddressFamily family)
    {
        bool isV6 = family == AddressFamily.InterNetworkV6;
        int mtu = 0;
        try
        {
            socket.GetRawSocketOption(
                isV6 ? LevelIPv6 : LevelIPv4,
                isV6 ? PathMtuIPv6 : PathMtuIPv4,
                MemoryMarshal.AsBytes(new Span<int>(ref mtu)));
        }
        catch (SocketException)
        {
            // The route has gone: the send that follows finds out.
        }

        return mtu > 0 ? mtu : EthernetMtu;
    }
}
