using System.Net;
using System.Net.Sockets;

using SynHello.Testing;

namespace SynHello.Sockets.Tests;

public sealed class FastOpenDialerTests : IDisposable
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public void Dispose() => PrivateNetwork.Sysctl(3);

    // The client's mode x the listener's mode: what the first and the second contact come to.
    public static TheoryData<AddressFamily, FastOpenMode, FastOpenMode, FastOpenOutcome, FastOpenOutcome> Contacts()
    {
        var data = new TheoryData<AddressFamily, FastOpenMode, FastOpenMode, FastOpenOutcome, FastOpenOutcome>();
        foreach (AddressFamily family in new[] { AddressFamily.InterNetwork, AddressFamily.InterNetworkV6 })
        {
            foreach (FastOpenMode listener in Enum.GetValues<FastOpenMode>())
            {
                data.Add(family, FastOpenMode.Off, listener, FastOpenOutcome.Off, FastOpenOutcome.Off);
            }

            const FastOpenOutcome Asked = FastOpenOutcome.CookieRequested;
            data.Add(family, FastOpenMode.Cookie, FastOpenMode.Off, Asked, Asked);
            data.Add(family, FastOpenMode.Cookie, FastOpenMode.Cookie, Asked, FastOpenOutcome.Cookie);
            // A cookieless listener hands out no cookie.
            data.Add(family, FastOpenMode.Cookie, FastOpenMode.Cookieless, Asked, Asked);

            const FastOpenOutcome Ignored = FastOpenOutcome.Ignored;
            data.Add(family, FastOpenMode.Cookieless, FastOpenMode.Off, Ignored, Ignored);
            data.Add(family, FastOpenMode.Cookieless, FastOpenMode.Cookie, Ignored, Ignored);
            const FastOpenOutcome Cookieless = FastOpenOutcome.Cookieless;
            data.Add(family, FastOpenMode.Cookieless, FastOpenMode.Cookieless, Cookieless, Cookieless);
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Contacts))]
    public async Task FirstAndSecondContact_EndAsTheModesSay(
        AddressFamily family, FastOpenMode client, FastOpenMode server, FastOpenOutcome first, FastOpenOutcome second)
    {
        using FastOpenListener listener = Listen(family, server);
        foreach (FastOpenOutcome expected in new[] { first, second })
        {
            using Exchange exchange = await Exchange.RunAsync(listener, client, 517, Cancelled);
            FastOpenReport report = exchange.Report;
            Assert.Equal(expected, report.Outcome);

            bool taken = expected is FastOpenOutcome.Cookie or FastOpenOutcome.Cookieless;
            Assert.Equal(taken ? 517 : 0, report.SynDataBytes);
            Assert.Equal(taken || expected == FastOpenOutcome.Ignored ? 517 : 0, report.SynDataOffered);
            Assert.Equal(taken, exchange.Server.SynDataTaken);
            Assert.True(report.RoundTrip > TimeSpan.Zero);
            Assert.True(exchange.Server.AddressProven);
        }
    }

    [Theory]
    [InlineData(AddressFamily.InterNetwork, FastOpenMode.Cookie)]
    [InlineData(AddressFamily.InterNetwork, FastOpenMode.Cookieless)]
    [InlineData(AddressFamily.InterNetworkV6, FastOpenMode.Cookie)]
    [InlineData(AddressFamily.InterNetworkV6, FastOpenMode.Cookieless)]
    public async Task SysctlWithoutServerBit_CostsTheRoundTripOnly(AddressFamily family, FastOpenMode mode)
    {
        PrivateNetwork.Sysctl(1);
        using FastOpenListener listener = Listen(family, mode);
        using Exchange exchange = await Exchange.RunAsync(listener, mode, 517, Cancelled);
        Assert.Equal(
            mode == FastOpenMode.Cookie ? FastOpenOutcome.CookieRequested : FastOpenOutcome.Ignored,
            exchange.Report.Outcome);
        Assert.False(exchange.Server.SynDataTaken);
    }

    [Theory]
    [InlineData(AddressFamily.InterNetwork, FastOpenMode.Off, FastOpenOutcome.Off)]
    [InlineData(AddressFamily.InterNetwork, FastOpenMode.Cookie, FastOpenOutcome.Unsupported)]
    [InlineData(AddressFamily.InterNetwork, FastOpenMode.Cookieless, FastOpenOutcome.Unsupported)]
    [InlineData(AddressFamily.InterNetworkV6, FastOpenMode.Cookie, FastOpenOutcome.Unsupported)]
    [InlineData(AddressFamily.InterNetworkV6, FastOpenMode.Cookieless, FastOpenOutcome.Unsupported)]
    public async Task SysctlWithoutClientBit_IsReportedAsUnsupported(
        AddressFamily family, FastOpenMode mode, FastOpenOutcome expected)
    {
        PrivateNetwork.Sysctl(2);
        using FastOpenListener listener = Listen(family, FastOpenMode.Cookieless);
        using Exchange exchange = await Exchange.RunAsync(listener, mode, 517, Cancelled);
        Assert.Equal(expected, exchange.Report.Outcome);
        Assert.Equal(0, exchange.Report.SynDataOffered);
    }

    [Fact]
    public async Task SysctlThatNeedsNoCookie_IsReportedAsCookieless()
    {
        PrivateNetwork.Sysctl(3 | 4);
        using FastOpenListener listener = Listen(AddressFamily.InterNetwork, FastOpenMode.Cookieless);
        using Exchange exchange = await Exchange.RunAsync(listener, FastOpenMode.Cookie, 517, Cancelled);
        Assert.Equal(FastOpenOutcome.Cookieless, exchange.Report.Outcome);
    }

    [Theory]
    [InlineData(AddressFamily.InterNetwork, 1, 1)]
    [InlineData(AddressFamily.InterNetwork, 1419, 1419)]
    [InlineData(AddressFamily.InterNetwork, 1420, 1420)]
    [InlineData(AddressFamily.InterNetwork, 1421, 1420)]
    [InlineData(AddressFamily.InterNetwork, 300_000, 1420)]
    [InlineData(AddressFamily.InterNetworkV6, 1400, 1400)]
    [InlineData(AddressFamily.InterNetworkV6, 1401, 1400)]
    [InlineData(AddressFamily.InterNetworkV6, 300_000, 1400)]
    public async Task FirstFlight_FillsTheSynToTheByte(AddressFamily family, int length, int expected)
    {
        using FastOpenListener listener = Listen(family, FastOpenMode.Cookieless);
        using Exchange exchange = await Exchange.RunAsync(listener, FastOpenMode.Cookieless, length, Cancelled);
        Assert.Equal(FastOpenOutcome.Cookieless, exchange.Report.Outcome);
        Assert.Equal(expected, exchange.Report.SynDataBytes);
        Assert.Equal(0, exchange.Report.TotalRetransmits);
        Assert.Equal(Math.Min(length, SynBudget.FromMtu(1500, family)), expected);
    }

    [Theory]
    [InlineData(517)]
    [InlineData(5000)]
    public async Task SynDataBytes_AreWhatTheServerFindsInTheSyn(int length)
    {
        using FastOpenListener listener = Listen(AddressFamily.InterNetwork, FastOpenMode.Cookieless);
        using PacketFilter filter = PacketFilter.LoseAcknowledgments(listener.LocalEndPoint.Port);
        using DialedSocket client = await new FastOpenDialer().ConnectAsync(
            listener.LocalEndPoint, FastOpenMode.Cookieless, new byte[length], Cancelled);
        using AcceptedSocket server = await listener.AcceptAsync(Cancelled);

        // Nothing but the SYN gets through, so all that was received was in it.
        Assert.False(server.AddressProven);
        Assert.Equal(server.InfoAtAccept!.Value.BytesReceived, client.GetReport().SynDataBytes);
        Assert.Equal(Math.Min(length, 1420), client.GetReport().SynDataBytes);
    }

    [Fact]
    public async Task SmallerMtu_MakesTheSynSmaller()
    {
        IPEndPoint endPoint = PrivateNetwork.NextEndPoint(AddressFamily.InterNetwork);
        PrivateNetwork.Run("ip", $"route add local {endPoint.Address} dev lo table local mtu lock 1280 src 127.0.0.1");
        using FastOpenListener listener = new(endPoint, new() { Mode = FastOpenMode.Cookieless });
        using Exchange exchange = await Exchange.RunAsync(listener, FastOpenMode.Cookieless, 3000, Cancelled);
        Assert.Equal(SynBudget.FromMtu(1280, AddressFamily.InterNetwork), exchange.Report.SynDataBytes);
    }

    [Theory]
    [InlineData(AddressFamily.InterNetwork, FastOpenMode.Cookieless, 1300)]
    [InlineData(AddressFamily.InterNetworkV6, FastOpenMode.Cookie, 5000)]
    public async Task LostSynData_IsSentAgainByTheKernelWhereNobodyIsFaster(
        AddressFamily family, FastOpenMode mode, int length)
    {
        using FastOpenListener listener = Listen(family, mode);
        var dialer = new FastOpenDialer(timeProvider: new FakeTimeProvider()); // nothing is started beside it
        using (Exchange first = await Exchange.RunAsync(listener, mode, 1300, Cancelled, dialer))
        {
            Assert.Null(first.Client.Fallback);
        }

        using PacketFilter filter = PacketFilter.LoseSynData(listener.LocalEndPoint.Port);
        using Exchange exchange = await Exchange.RunAsync(listener, mode, length, Cancelled, dialer);
        FastOpenReport report = exchange.Report;
        Assert.Equal((FastOpenOutcome.Fallback, 0), (report.Outcome, report.SynDataBytes));
        Assert.Equal(Math.Min(length, SynBudget.FromMtu(1500, family)), report.SynDataOffered);
        Assert.True(report.TotalRetransmits >= 1);
        Assert.Equal(FastOpenFallbackReason.NotAnswered, exchange.Client.Fallback?.Reason);
    }

    [Fact]
    public async Task SynDataRefusedOnTheWayOut_FallsBackAndDeliversEverything()
    {
        using FastOpenListener listener = Listen(AddressFamily.InterNetwork, FastOpenMode.Cookieless);
        using PacketFilter filter = PacketFilter.RefuseSynData(listener.LocalEndPoint.Port);
        using Exchange exchange = await Exchange.RunAsync(listener, FastOpenMode.Cookieless, 1300, Cancelled);
        Assert.Equal(FastOpenOutcome.Fallback, exchange.Report.Outcome);
        Assert.Equal(0, exchange.Report.SynDataBytes);
        Assert.NotNull(exchange.Client.Fallback);
    }

    [Fact]
    public async Task CookieThatTheServerNoLongerKnows_IsReportedAsIgnored()
    {
        IPEndPoint endPoint = PrivateNetwork.NextEndPoint(AddressFamily.InterNetwork);
        using (FastOpenListener before = new(endPoint, new() { Mode = FastOpenMode.Cookie }))
        {
            using Exchange asking = await Exchange.RunAsync(before, FastOpenMode.Cookie, 517, Cancelled);
        }

        using FastOpenListener listener = new(endPoint);
        using Exchange exchange = await Exchange.RunAsync(listener, FastOpenMode.Cookie, 517, Cancelled);
        Assert.Equal(FastOpenOutcome.Ignored, exchange.Report.Outcome);
        Assert.Equal(517, exchange.Report.SynDataOffered);
    }

    [Theory]
    [InlineData(FastOpenMode.Off, 517)]
    [InlineData(FastOpenMode.Cookie, 517)]
    [InlineData(FastOpenMode.Cookieless, 517)]
    [InlineData(FastOpenMode.Cookieless, 5000)]
    public async Task ClosedPort_IsRefused(FastOpenMode mode, int length)
    {
        var closed = new IPEndPoint(PrivateNetwork.NextAddress(AddressFamily.InterNetwork), 9);
        SocketException e = await Assert.ThrowsAsync<SocketException>(async () =>
            await new FastOpenDialer().ConnectAsync(closed, mode, new byte[length], Cancelled));
        Assert.Equal(SocketError.ConnectionRefused, e.SocketErrorCode);
    }

    [Fact]
    public async Task RefusalOfALaterSyn_EndsTheDial()
    {
        // The SYN's second try, a second later, is refused, and so is the plain one beside it.
        var closed = new IPEndPoint(PrivateNetwork.NextAddress(AddressFamily.InterNetwork), 9);
        Task<DialedSocket> dialing;
        using (PacketFilter.LoseSyn(9))
        {
            dialing = new FastOpenDialer()
                .ConnectAsync(closed, FastOpenMode.Cookieless, new byte[517], Cancelled).AsTask();
        }

        SocketException e = await Assert.ThrowsAsync<SocketException>(() => dialing);
        Assert.Equal(SocketError.ConnectionRefused, e.SocketErrorCode);
    }

    [Theory]
    [InlineData(FastOpenMode.Off)]
    [InlineData(FastOpenMode.Cookieless)]
    public async Task NoRoute_IsUnreachable(FastOpenMode mode)
    {
        var nowhere = new IPEndPoint(IPAddress.Parse("203.0.113.1"), 443);
        SocketException e = await Assert.ThrowsAsync<SocketException>(async () =>
            await new FastOpenDialer().ConnectAsync(nowhere, mode, new byte[517], Cancelled));
        Assert.Equal(SocketError.NetworkUnreachable, e.SocketErrorCode);
    }

    [Theory]
    [InlineData(FastOpenMode.Off, 517)]
    [InlineData(FastOpenMode.Cookie, 517)]
    [InlineData(FastOpenMode.Cookieless, 517)]
    [InlineData(FastOpenMode.Cookieless, 5000)]
    public async Task Cancellation_EndsTheWaitForTheHandshake(FastOpenMode mode, int length)
    {
        var silent = new IPEndPoint(PrivateNetwork.NextAddress(AddressFamily.InterNetwork), 4433);
        using PacketFilter filter = PacketFilter.LoseSyn(silent.Port);
        using var cancellation = new CancellationTokenSource();
        Task<DialedSocket> dialing = new FastOpenDialer()
            .ConnectAsync(silent, mode, new byte[length], cancellation.Token).AsTask();
        Assert.False(dialing.IsCompleted);

        await cancellation.CancelAsync();
        var e = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => dialing);
        Assert.Equal(cancellation.Token, e.CancellationToken);
    }

    [Fact]
    public async Task Cancellation_BeforeTheStart_SendsNothing()
    {
        using FastOpenListener listener = Listen(AddressFamily.InterNetwork, FastOpenMode.Cookieless);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await new FastOpenDialer().ConnectAsync(
            listener.LocalEndPoint, FastOpenMode.Cookieless, new byte[517], new CancellationToken(canceled: true)));

        // Whoever is accepted first is the one who was dialed after it.
        using Exchange exchange = await Exchange.RunAsync(listener, FastOpenMode.Off, 10, Cancelled);
        Assert.False(exchange.Server.SynDataTaken);
    }

    [Fact]
    public async Task EmptyFirstFlight_MakesAPlainHandshake()
    {
        using FastOpenListener listener = Listen(AddressFamily.InterNetwork, FastOpenMode.Cookieless);
        using Exchange exchange = await Exchange.RunAsync(listener, FastOpenMode.Cookieless, 0, Cancelled);
        Assert.Equal(FastOpenOutcome.Off, exchange.Report.Outcome);
    }

    [Fact]
    public async Task SocketAfterFastOpen_ServesANetworkStream()
    {
        using FastOpenListener listener = Listen(AddressFamily.InterNetworkV6, FastOpenMode.Cookieless);
        using DialedSocket client = await new FastOpenDialer().ConnectAsync(
            listener.LocalEndPoint, FastOpenMode.Cookieless, new byte[100], Cancelled);
        Assert.True(client.Socket.Connected);
        using AcceptedSocket server = await listener.AcceptAsync(Cancelled);
        await Exchange.ReadAsync(server.Socket, 100, Cancelled);

        await using var up = new NetworkStream(client.Socket);
        await using var down = new NetworkStream(server.Socket);
        byte[] sent = Exchange.Bytes(500_000);
        byte[] received = new byte[sent.Length];
        Task writing = up.WriteAsync(sent, Cancelled).AsTask();
        await down.ReadExactlyAsync(received, Cancelled);
        await writing;
        Assert.Equal(sent, received);

        // The synchronous calls work on the same socket.
        down.Write([7]);
        Assert.Equal(7, up.ReadByte());
        client.Socket.Shutdown(SocketShutdown.Send);
        Assert.Equal(0, await down.ReadAsync(received, Cancelled));
    }

    [Fact]
    public async Task LoopbackAddresses_WorkOverBothFamilies()
    {
        foreach (IPAddress address in new[] { IPAddress.Loopback, IPAddress.IPv6Loopback })
        {
            using FastOpenListener listener = new(new(address, 0), new() { Mode = FastOpenMode.Cookieless });
            using Exchange exchange = await Exchange.RunAsync(listener, FastOpenMode.Cookieless, 517, Cancelled);
            Assert.Equal(FastOpenOutcome.Cookieless, exchange.Report.Outcome);
        }
    }

    [Fact]
    public async Task MappedAddress_IsDialedOverIPv4()
    {
        using FastOpenListener listener = Listen(AddressFamily.InterNetwork, FastOpenMode.Cookieless);
        var mapped = new IPEndPoint(listener.LocalEndPoint.Address.MapToIPv6(), listener.LocalEndPoint.Port);
        using DialedSocket client = await new FastOpenDialer().ConnectAsync(
            mapped, FastOpenMode.Cookieless, new byte[2000], Cancelled);
        using AcceptedSocket server = await listener.AcceptAsync(Cancelled);
        Assert.Equal(1420, client.GetReport().SynDataBytes);
    }

    [Fact]
    public async Task Name_ThatFailsEverywhere_GivesTheLastError()
    {
        FastOpenDialer dialer = Resolvers.DialerTo(
            IPAddress.Parse("203.0.113.1"), PrivateNetwork.NextAddress(AddressFamily.InterNetwork));
        SocketException e = await Assert.ThrowsAsync<SocketException>(async () => await dialer.ConnectAsync(
            new DnsEndPoint("peer.example", 9), FastOpenMode.Off, new byte[517], Cancelled));
        Assert.Equal(SocketError.ConnectionRefused, e.SocketErrorCode);
    }

    [Fact]
    public async Task Name_IsResolvedByTheSystem()
    {
        using FastOpenListener listener = Listen(AddressFamily.InterNetwork, FastOpenMode.Cookieless);
        var name = new DnsEndPoint(listener.LocalEndPoint.Address.ToString(), listener.LocalEndPoint.Port);
        using DialedSocket client = await new FastOpenDialer().ConnectAsync(
            name, FastOpenMode.Cookieless, new byte[517], Cancelled);
        using AcceptedSocket server = await listener.AcceptAsync(Cancelled);
        Assert.True(server.SynDataTaken);
    }

    [Fact]
    public async Task OtherEndPoints_AreRefused()
    {
        var endPoint = new UnixDomainSocketEndPoint("/nowhere");
        await Assert.ThrowsAsync<ArgumentException>(async () =>
            await new FastOpenDialer().ConnectAsync(endPoint, FastOpenMode.Off, ReadOnlyMemory<byte>.Empty, Cancelled));
    }

    private static FastOpenListener Listen(AddressFamily family, FastOpenMode mode) =>
        new(PrivateNetwork.NextEndPoint(family), new() { Mode = mode });
}
