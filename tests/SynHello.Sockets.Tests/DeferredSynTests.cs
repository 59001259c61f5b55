using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace SynHello.Sockets.Tests;

/// <summary>What a SYN is said to have room for, against what the kernel then puts into it.</summary>
public sealed class DeferredSynTests : IDisposable
{
    private const int MoreThanASynHolds = 70_000;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public void Dispose() => PrivateNetwork.Run("ip", "link set lo mtu 1500");

    [Theory]
    [InlineData(AddressFamily.InterNetwork, null, 1420, 1420)]
    [InlineData(AddressFamily.InterNetwork, "mtu lock 1280", 1200, 1200)]
    [InlineData(AddressFamily.InterNetwork, "mtu lock 576", 496, 496)]
    [InlineData(AddressFamily.InterNetwork, "advmss 600", 560, 1420)]
    [InlineData(AddressFamily.InterNetwork, "advmss 1000 mtu lock 900", 820, 820)]
    [InlineData(AddressFamily.InterNetworkV6, null, 1400, 1400)]
    [InlineData(AddressFamily.InterNetworkV6, "mtu lock 1280", 1180, 1180)]
    [InlineData(AddressFamily.InterNetworkV6, "advmss 600", 560, 1400)]
    public async Task Room_IsWhatTheRouteAllows(AddressFamily family, string? route, int first, int second)
    {
        IPEndPoint endPoint = EndPointOver(family, route);
        using Socket listener = Listen(endPoint, FastOpenMode.Cookieless);

        // Once the peer's own MSS is known, the kernel no longer asks the route for one.
        Assert.Equal(first, await RoomThatIsTakenAsync(listener, FastOpenMode.Cookieless));
        Assert.Equal(second, await RoomThatIsTakenAsync(listener, FastOpenMode.Cookieless));
    }

    [Theory]
    [InlineData(AddressFamily.InterNetwork, FastOpenMode.Cookie, 700, null, null, 660)]
    [InlineData(AddressFamily.InterNetwork, FastOpenMode.Cookie, 88, null, null, 48)]
    [InlineData(AddressFamily.InterNetwork, FastOpenMode.Cookie, 1300, "mtu lock 1280", null, 1200)]
    [InlineData(AddressFamily.InterNetwork, FastOpenMode.Cookieless, 700, null, 1420, 660)]
    [InlineData(AddressFamily.InterNetworkV6, FastOpenMode.Cookie, 700, null, null, 660)]
    [InlineData(AddressFamily.InterNetworkV6, FastOpenMode.Cookie, 1000, "mtu lock 1300", null, 960)]
    [InlineData(AddressFamily.InterNetworkV6, FastOpenMode.Cookieless, 700, null, 1400, 660)]
    public async Task Room_IsWhatThePeersMssAllowsAfterTheFirstVisit(
        AddressFamily family, FastOpenMode mode, int peersMss, string? route, int? first, int second)
    {
        IPEndPoint endPoint = EndPointOver(family, route);
        using Socket listener = Listen(endPoint, mode, peersMss);
        foreach (int? expected in new[] { first, second, second })
        {
            Assert.Equal(expected, await RoomThatIsTakenAsync(listener, mode));
        }
    }

    [Fact]
    public async Task Room_IsThatOfTheSourceAddressToo()
    {
        // The kernel keeps the MSS for a pair of addresses: another source address knows nothing of it.
        IPEndPoint endPoint = EndPointOver(AddressFamily.InterNetwork, null);
        using Socket listener = Listen(endPoint, FastOpenMode.Cookieless, 700);
        await RoomThatIsTakenAsync(listener, FastOpenMode.Cookieless);
        Assert.Equal(660, await RoomThatIsTakenAsync(listener, FastOpenMode.Cookieless));

        IPAddress other = PrivateNetwork.NextAddress(AddressFamily.InterNetwork);
        Assert.Equal(700, PathMetrics.FastOpenMss(IPAddress.Loopback, endPoint.Address));
        Assert.Null(PathMetrics.FastOpenMss(other, endPoint.Address));
        PrivateNetwork.Run("ip", $"route add local {endPoint.Address} dev lo table local src {other}");
        Assert.Equal(1420, await RoomThatIsTakenAsync(listener, FastOpenMode.Cookieless));
    }

    [Theory]
    [InlineData(AddressFamily.InterNetwork, 4000, 3920)]
    [InlineData(AddressFamily.InterNetworkV6, 4000, 3900)]
    [InlineData(AddressFamily.InterNetwork, 9000, null)]
    [InlineData(AddressFamily.InterNetworkV6, 9000, null)]
    [InlineData(AddressFamily.InterNetwork, 65536, null)]
    public async Task Room_OfAJumboMtuIsNeverMoreThanTheKernelTakes(AddressFamily family, int mtu, int? exact)
    {
        PrivateNetwork.Run("ip", string.Create(CultureInfo.InvariantCulture, $"link set lo mtu {mtu}"));
        using FastOpenListener listener = new(
            PrivateNetwork.NextEndPoint(family), new() { Mode = FastOpenMode.Cookieless });
        using PacketFilter filter = PacketFilter.LoseAcknowledgments(listener.LocalEndPoint.Port);
        var connections = new List<DialedSocket>();
        try
        {
            // All stay open and unread, so that they have to share the kernel's page fragments.
            for (int i = 0; i < 12; i++)
            {
                int room = 0;
                DialedSocket client = await new FastOpenDialer().ConnectAsync(
                    listener.LocalEndPoint,
                    FastOpenMode.Cookieless,
                    given => new byte[room = given!.Value],
                    Cancelled);
                connections.Add(client);
                Assert.Equal(exact ?? Environment.SystemPageSize, room);
                Assert.Equal(room, client.GetReport().SynDataOffered);
            }
        }
        finally
        {
            connections.ForEach(client => client.Dispose());
        }
    }

    [Theory]
    [InlineData(1500, AddressFamily.InterNetwork, null, 1420)]
    [InlineData(1500, AddressFamily.InterNetworkV6, 1440, 1400)]
    [InlineData(1500, AddressFamily.InterNetwork, 10, 8)]
    [InlineData(1500, AddressFamily.InterNetwork, 65535, 1420)]
    [InlineData(68, AddressFamily.InterNetwork, 1460, 8)]
    public void Room_IsTheSmallerOfPathAndPeer(int mtu, AddressFamily family, int? mss, int expected) =>
        Assert.Equal(expected, DeferredSyn.Room(mtu, family, mss));

    [Fact]
    public void Netlink_AnswersNothingToWhatTheKernelRefuses()
    {
        var request = new NetlinkRequest(new byte[64], 0x7FFF, [1, 1, 0, 0]);
        Assert.True(Netlink.Ask(Netlink.Generic, request.Complete(), new byte[256]).IsEmpty);
        Assert.True(Netlink.Ask(int.MaxValue, request.Complete(), new byte[256]).IsEmpty);
        Assert.Null(PathMetrics.RouteMss(IPAddress.Loopback, IPAddress.Parse("203.0.113.1")));
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("0800070001020304", "01020304")]
    [InlineData("0500010009000000" + "06000700AABB0000", "AABB")]
    [InlineData("0800078001020304", "01020304")]
    [InlineData("0500010009000000", "")]
    [InlineData("0300070001020304", "")]
    [InlineData("0000070001020304", "")]
    [InlineData("0900070001020304", "")]
    [InlineData("05000100AA", "")]
    [InlineData("080007", "")]
    public void Netlink_FindsAnAttributeAndSurvivesNonsense(string attributes, string expected) =>
        Assert.Equal(expected, Convert.ToHexString(Netlink.Find(Convert.FromHexString(attributes), 7)));

    // One connection whose first flight is larger than any SYN: the room it was told, which has to be what was taken.
    private static async Task<int?> RoomThatIsTakenAsync(Socket listener, FastOpenMode mode)
    {
        int? room = null;
        Task<Socket> accepting = listener.AcceptAsync(Cancelled).AsTask();
        Task<DialedSocket> dialing = new FastOpenDialer().ConnectAsync(
            listener.LocalEndPoint!,
            mode,
            given =>
            {
                room = given;
                return Exchange.Bytes(MoreThanASynHolds);
            },
            Cancelled).AsTask();
        using Socket server = await accepting;
        byte[] received = await Exchange.ReadAsync(server, MoreThanASynHolds, Cancelled);
        using DialedSocket client = await dialing;
        Assert.Equal(Exchange.Bytes(MoreThanASynHolds), received);

        FastOpenReport report = client.GetReport();
        Assert.Equal(room, report.SynRoom);
        Assert.Equal(room ?? 0, report.SynDataOffered);
        Assert.Equal(room ?? 0, report.SynDataBytes);
        return room;
    }

    // A listener with an MSS of its own says so in its SYN-ACK.
    private static Socket Listen(IPEndPoint endPoint, FastOpenMode mode, int? mss = null)
    {
        const int MaximumSegment = 2;
        var socket = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        Assert.True(LinuxTcp.TrySetOption(socket, LinuxTcp.FastOpen, 16));
        if (mode == FastOpenMode.Cookieless) Assert.True(LinuxTcp.TrySetOption(socket, LinuxTcp.FastOpenNoCookie, 1));
        if (mss is int value) Assert.True(LinuxTcp.TrySetOption(socket, MaximumSegment, value));
        socket.Bind(endPoint);
        socket.Listen();
        return socket;
    }

    private static IPEndPoint EndPointOver(AddressFamily family, string? route)
    {
        IPEndPoint endPoint = PrivateNetwork.NextEndPoint(family);
        if (route is not null)
        {
            string arguments = $"route add local {endPoint.Address} dev lo table local {route}";
            PrivateNetwork.Run(
                "ip", family == AddressFamily.InterNetworkV6 ? $"-6 {arguments}" : $"{arguments} src 127.0.0.1");
        }

        return endPoint;
    }
}
