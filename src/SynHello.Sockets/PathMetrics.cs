using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace SynHello.Sockets;

/// <summary>
/// What the kernel remembers of a peer, and of the route to it, that bears on a SYN: how much it holds, and when its
/// answer is due.
/// </summary>
internal static class PathMetrics
{
    // include/uapi/linux/genetlink.h and tcp_metrics.h
    private const ushort Controller = 16;
    private const byte ControllerGetFamily = 3;
    private const ushort ControllerFamilyId = 1;
    private const ushort ControllerFamilyName = 2;
    private const byte MetricsGet = 1;
    private const ushort MetricsAddress = 1;
    private const ushort MetricsAddressV6 = 2;
    private const ushort MetricsValues = 6;
    private const ushort MetricsFastOpenMss = 7;
    private const ushort MetricsSource = 11;
    private const ushort MetricsSourceV6 = 12;

    // A value's attribute is its index in enum tcp_metric_index and one.
    private const ushort MetricsRoundTripMicroseconds = 6;

    // include/uapi/linux/rtnetlink.h
    private const ushort GetRoute = 26;
    private const int RouteHeaderLength = 12;
    private const ushort RouteDestination = 1;
    private const ushort RouteSource = 2;
    private const ushort RouteOutputInterface = 4;
    private const ushort RouteMetricsList = 8;
    private const ushort RouteAdvertisedMss = 8;

    private const byte FamilyV4 = 2;
    private const byte FamilyV6 = 10;
    private const int GenericHeaderLength = 4;
    private const int RequestLength = 128;
    private const int ReplyLength = 4096;

    // The number is the kernel's for as long as it runs, whatever the namespace. 0 until it is known.
    private static volatile int s_metricsFamily;

    /// <summary>
    /// The MSS of the peer's last SYN-ACK to a SYN with data or with a request for a cookie. It is kept with the
    /// cookie, and without one too.
    /// </summary>
    /// <returns>Bytes; null when the kernel remembers none or does not say.</returns>
    public static int? FastOpenMss(IPAddress local, IPAddress remote)
    {
        ReadOnlySpan<byte> mss = Netlink.Find(AskMetrics(local, remote, stackalloc byte[ReplyLength]), MetricsFastOpenMss);
        return mss.Length >= sizeof(ushort) ? MemoryMarshal.Read<ushort>(mss) : null;
    }

    /// <summary>
    /// The smoothed round trip of connections between two addresses that have ended. The kernel itself makes no use of
    /// it for a SYN.
    /// </summary>
    /// <returns>Null when the kernel remembers none or does not say.</returns>
    public static TimeSpan? RoundTrip(IPAddress local, IPAddress remote)
    {
        ReadOnlySpan<byte> metrics = AskMetrics(local, remote, stackalloc byte[ReplyLength]);
        ReadOnlySpan<byte> roundTrip = Netlink.Find(Netlink.Find(metrics, MetricsValues), MetricsRoundTripMicroseconds);
        return roundTrip.Length >= sizeof(uint) && MemoryMarshal.Read<uint>(roundTrip) is > 0 and uint microseconds
            ? TimeSpan.FromMicroseconds(microseconds)
            : null;
    }

    /// <summary>The MSS that the administrator has set for the route (<c>ip route ... advmss</c>).</summary>
    /// <returns>Bytes; null when none is set or the kernel does not say.</returns>
    public static int? RouteMss(IPAddress local, IPAddress remote)
    {
        bool isV6 = remote.AddressFamily == AddressFamily.InterNetworkV6;
        Span<byte> address = stackalloc byte[16];
        Span<byte> header = stackalloc byte[RouteHeaderLength];
        header.Clear();
        header[0] = isV6 ? FamilyV6 : FamilyV4;
        header[1] = header[2] = (byte)(isV6 ? 128 : 32);
        var request = new NetlinkRequest(stackalloc byte[RequestLength], GetRoute, header);
        request.Add(RouteDestination, BytesOf(remote, address));
        request.Add(RouteSource, BytesOf(local, address));
        if (isV6 && remote.ScopeId != 0)
        {
            int index = (int)remote.ScopeId;
            request.Add(RouteOutputInterface, MemoryMarshal.AsBytes(new ReadOnlySpan<int>(in index)));
        }

        ReadOnlySpan<byte> reply = Netlink.Ask(Netlink.Route, request.Complete(), stackalloc byte[ReplyLength]);
        if (reply.Length < RouteHeaderLength) return null;

        ReadOnlySpan<byte> metrics = Netlink.Find(reply[RouteHeaderLength..], RouteMetricsList);
        ReadOnlySpan<byte> mss = Netlink.Find(metrics, RouteAdvertisedMss);
        return mss.Length >= sizeof(int) && MemoryMarshal.Read<int>(mss) is > 0 and int value ? value : null;
    }

    private static ReadOnlySpan<byte> AskMetrics(IPAddress local, IPAddress remote, Span<byte> buffer)
    {
        if (!OperatingSystem.IsLinux()) return default;

        int family = s_metricsFamily;
        if (family == 0) s_metricsFamily = family = MetricsFamily();
        if (family == 0) return default;

        bool isV6 = remote.AddressFamily == AddressFamily.InterNetworkV6;
        var request = new NetlinkRequest(stackalloc byte[RequestLength], (ushort)family, [MetricsGet, 1, 0, 0]);
        Span<byte> address = stackalloc byte[16];
        request.Add(isV6 ? MetricsAddressV6 : MetricsAddress, BytesOf(remote, address));
        request.Add(isV6 ? MetricsSourceV6 : MetricsSource, BytesOf(local, address));
        ReadOnlySpan<byte> reply = Netlink.Ask(Netlink.Generic, request.Complete(), buffer);
        return reply.Length < GenericHeaderLength ? default : reply[GenericHeaderLength..];
    }

    private static int MetricsFamily()
    {
        var request = new NetlinkRequest(
            stackalloc byte[RequestLength], Controller, [ControllerGetFamily, 1, 0, 0]);
        request.Add(ControllerFamilyName, "tcp_metrics\0"u8);
        ReadOnlySpan<byte> reply = Netlink.Ask(Netlink.Generic, request.Complete(), stackalloc byte[ReplyLength]);
        if (reply.Length < GenericHeaderLength) return 0;

        ReadOnlySpan<byte> id = Netlink.Find(reply[GenericHeaderLength..], ControllerFamilyId);
        return id.Length >= sizeof(ushort) ? MemoryMarshal.Read<ushort>(id) : 0;
    }

    private static ReadOnlySpan<byte> BytesOf(IPAddress address, Span<byte> buffer)
    {
        address.TryWriteBytes(buffer, out int length);
        return buffer[..length];
    }
}
