using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace SynHello.Sockets.Tests;

public sealed class FastOpenListenerTests : IDisposable
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public void Dispose() => PrivateNetwork.Sysctl(3);

    [Theory]
    [InlineData(AddressFamily.InterNetwork)]
    [InlineData(AddressFamily.InterNetworkV6)]
    public async Task ChildWithUnprovenAddress_IsReadAndWritten(AddressFamily family)
    {
        using FastOpenListener listener = Listen(family, FastOpenMode.Cookieless);
        DialedSocket client;
        AcceptedSocket server;
        using (PacketFilter.LoseAcknowledgments(listener.LocalEndPoint.Port))
        {
            client = await new FastOpenDialer().ConnectAsync(
                listener.LocalEndPoint, FastOpenMode.Cookieless, Exchange.Bytes(517), Cancelled);
            server = await listener.AcceptAsync(Cancelled);
            Assert.Equal(TcpState.SynReceived, server.InfoAtAccept!.Value.State);
            Assert.True(server.SynDataTaken);
            Assert.False(server.AddressProven);

            Assert.Equal(Exchange.Bytes(517), await Exchange.ReadAsync(server.Socket, 517, Cancelled));
            await server.Socket.SendAsync(Exchange.Bytes(4000), SocketFlags.None, Cancelled);
            Assert.Equal(Exchange.Bytes(4000), await Exchange.ReadAsync(client.Socket, 4000, Cancelled));
            Assert.False(server.AddressProven);
            Assert.NotNull(server.Socket.RemoteEndPoint);
        }

        using (client)
        using (server)
        {
            await client.Socket.SendAsync(new byte[] { 1 }, SocketFlags.None, Cancelled);
            await Exchange.ReadAsync(server.Socket, 1, Cancelled);
            Assert.True(server.AddressProven);
            server.Dispose();
            Assert.True(server.AddressProven);
        }
    }

    [Fact]
    public async Task ChildResetUnproven_StaysUnproven()
    {
        using FastOpenListener listener = Listen(AddressFamily.InterNetwork, FastOpenMode.Cookieless);
        AcceptedSocket server;
        using (PacketFilter.LoseAcknowledgments(listener.LocalEndPoint.Port))
        {
            using DialedSocket client = await new FastOpenDialer().ConnectAsync(
                listener.LocalEndPoint, FastOpenMode.Cookieless, new byte[10], Cancelled);
            server = await listener.AcceptAsync(Cancelled);
            await Exchange.ReadAsync(server.Socket, 10, Cancelled);
            Reset(client);
        }

        // The reset is lost with the acknowledgments; the SYN-ACK sent again draws another.
        using (server)
        {
            SocketException e = await Assert.ThrowsAsync<SocketException>(() =>
                server.Socket.ReceiveAsync(new byte[1], SocketFlags.None, Cancelled).AsTask());
            Assert.Equal(SocketError.ConnectionReset, e.SocketErrorCode);
            Assert.False(server.AddressProven);
        }
    }

    [Theory]
    [InlineData(FastOpenMode.Off)]
    [InlineData(FastOpenMode.Cookieless)]
    public async Task ConnectionResetBeforeAccept_IsCountedAndPassedOver(FastOpenMode mode)
    {
        var failures = new List<SocketError>();
        using FastOpenListener listener = new(
            PrivateNetwork.NextEndPoint(AddressFamily.InterNetwork),
            new() { Mode = mode, AcceptFailed = e => failures.Add(e.SocketErrorCode) });
        for (int i = 0; i < 3; i++)
        {
            using DialedSocket client = await new FastOpenDialer().ConnectAsync(
                listener.LocalEndPoint, mode, new byte[10], Cancelled);
            Reset(client);
        }

        using Exchange exchange = await Exchange.RunAsync(listener, mode, 517, Cancelled);
        Assert.Equal(3, listener.AbortedConnections);
        Assert.Equal(3, failures.Count);
        Assert.Equal(0, listener.Exhaustions);
    }

    [Fact]
    public async Task ClientThatSendsAndCloses_IsAcceptedWithItsData()
    {
        using FastOpenListener listener = Listen(AddressFamily.InterNetwork, FastOpenMode.Cookieless);
        using (await new FastOpenDialer().ConnectAsync(
            listener.LocalEndPoint, FastOpenMode.Cookieless, new byte[10], Cancelled))
        {
        }

        using AcceptedSocket server = await listener.AcceptAsync(Cancelled);
        Assert.Equal(10, await server.Socket.ReceiveAsync(new byte[100], SocketFlags.None, Cancelled));
        Assert.Equal(0, await server.Socket.ReceiveAsync(new byte[100], SocketFlags.None, Cancelled));
        Assert.Equal(0, listener.AbortedConnections);
    }

    [Fact]
    public async Task DescriptorsRunOut_AcceptPausesAndGoesOn()
    {
        var time = new ManualTime();
        using FastOpenListener listener = new(
            PrivateNetwork.NextEndPoint(AddressFamily.InterNetwork),
            new() { Mode = FastOpenMode.Cookieless, TimeProvider = time, RetreatsUnderLoad = false });
        // The first one loads whatever code and files the second needs.
        using (await Exchange.RunAsync(listener, FastOpenMode.Cookieless, 10, Cancelled))
        {
        }

        using DialedSocket client = await new FastOpenDialer().ConnectAsync(
            listener.LocalEndPoint, FastOpenMode.Cookieless, new byte[10], Cancelled);
        Task<AcceptedSocket> accepting;
        using (DescriptorLimit.Exhausted())
        {
            accepting = listener.AcceptAsync(Cancelled).AsTask();
            Assert.Equal(TimeSpan.FromMilliseconds(10), await time.NextTimerAsync(Cancelled));
            time.Fire();
            Assert.Equal(TimeSpan.FromMilliseconds(20), await time.NextTimerAsync(Cancelled));
        }

        Assert.False(accepting.IsCompleted);
        time.Fire();
        using AcceptedSocket server = await accepting;
        Assert.True(server.SynDataTaken);
        Assert.Equal(2, listener.Exhaustions);
    }

    [Fact]
    public async Task Disposal_EndsThePause()
    {
        var time = new ManualTime();
        FastOpenListener listener = new(
            PrivateNetwork.NextEndPoint(AddressFamily.InterNetwork), new() { TimeProvider = time });
        using (await Exchange.RunAsync(listener, FastOpenMode.Off, 10, Cancelled))
        {
        }

        using DialedSocket client = await new FastOpenDialer().ConnectAsync(
            listener.LocalEndPoint, FastOpenMode.Off, new byte[10], Cancelled);
        Task<AcceptedSocket> accepting;
        using (DescriptorLimit.Exhausted())
        {
            accepting = listener.AcceptAsync(Cancelled).AsTask();
            await time.NextTimerAsync(Cancelled);
        }

        await listener.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => accepting.WaitAsync(Cancelled));
    }

    [Fact]
    public async Task Disposal_EndsEveryAccept()
    {
        FastOpenListener listener = Listen(AddressFamily.InterNetwork, FastOpenMode.Cookieless);
        Task<AcceptedSocket>[] accepting =
            [.. Enumerable.Range(0, 3).Select(_ => listener.AcceptAsync(Cancelled).AsTask())];
        await listener.DisposeAsync();
        listener.Dispose();
        foreach (Task<AcceptedSocket> one in accepting)
        {
            await Assert.ThrowsAsync<ObjectDisposedException>(() => one.WaitAsync(Cancelled));
        }

        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await listener.AcceptAsync(Cancelled));
    }

    [Fact]
    public async Task Cancellation_EndsTheAcceptAndLeavesTheListener()
    {
        using FastOpenListener listener = Listen(AddressFamily.InterNetwork, FastOpenMode.Cookieless);
        using var cancellation = new CancellationTokenSource();
        Task<AcceptedSocket> accepting = listener.AcceptAsync(cancellation.Token).AsTask();
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => accepting);

        using Exchange exchange = await Exchange.RunAsync(listener, FastOpenMode.Cookieless, 517, Cancelled);
        Assert.True(exchange.Server.SynDataTaken);
    }

    [Theory]
    [InlineData(FastOpenMode.Cookie)]
    [InlineData(FastOpenMode.Cookieless)]
    public async Task SysctlWithoutServerBit_IsReportedAndPlainConnectionsAreAccepted(FastOpenMode mode)
    {
        PrivateNetwork.Sysctl(1);
        using FastOpenListener listener = Listen(AddressFamily.InterNetwork, mode);
        Assert.False(listener.FastOpenActive);
        Assert.Equal(FastOpenMode.Off, listener.ActiveMode);
        Assert.Contains("net.ipv4.tcp_fastopen is 1", listener.FastOpenLimitation, StringComparison.Ordinal);

        using Exchange exchange = await Exchange.RunAsync(listener, FastOpenMode.Off, 517, Cancelled);
        Assert.False(exchange.Server.SynDataTaken);
        Assert.True(exchange.Server.AddressProven);
    }

    [Fact]
    public void SysctlThatNeedsNoCookies_IsReported()
    {
        PrivateNetwork.Sysctl(3 | 0x200);
        using FastOpenListener listener = Listen(AddressFamily.InterNetwork, FastOpenMode.Cookie);
        Assert.Equal(FastOpenMode.Cookieless, listener.ActiveMode);
        Assert.Contains("0x200", listener.FastOpenLimitation, StringComparison.Ordinal);
    }

    /// <summary>The kernel looks at the sysctl when a SYN comes; what was said to be off at the start stays off.</summary>
    [Theory]
    [InlineData(3)]
    [InlineData(3 | 0x200)]
    [InlineData(3 | 0x200 | 0x400)]
    public async Task SystemThatAllowsFastOpenLater_IsNotTakenUp(int later)
    {
        PrivateNetwork.Sysctl(1);
        using FastOpenListener listener = Listen(AddressFamily.InterNetwork, FastOpenMode.Cookieless);
        PrivateNetwork.Sysctl(later);
        using Exchange exchange = await Exchange.RunAsync(listener, FastOpenMode.Cookieless, 517, Cancelled);
        Assert.False(exchange.Server.SynDataTaken);
    }

    [Fact]
    public async Task SystemThatNeedsNoCookiesLater_IsNoticed()
    {
        using FastOpenListener listener = Listen(AddressFamily.InterNetwork, FastOpenMode.Cookie);
        PrivateNetwork.Sysctl(3 | 0x200);
        using Exchange exchange = await Exchange.RunAsync(listener, FastOpenMode.Cookieless, 517, Cancelled);
        Assert.True(exchange.Server.SynDataTaken);
        Assert.False(exchange.Server.CookieVerified);
    }

    [Fact]
    public async Task Off_IsOffWhereTheSysctlTurnsItOnForAll()
    {
        PrivateNetwork.Sysctl(3 | 0x200 | 0x400);
        using FastOpenListener listener = Listen(AddressFamily.InterNetwork, FastOpenMode.Off);
        using Exchange exchange = await Exchange.RunAsync(listener, FastOpenMode.Cookieless, 517, Cancelled);
        Assert.False(exchange.Server.SynDataTaken);
        Assert.Equal(FastOpenOutcome.Ignored, exchange.Report.Outcome);
    }

    [Theory]
    [InlineData(FastOpenMode.Off, false)]
    [InlineData(FastOpenMode.Cookie, true)]
    [InlineData(FastOpenMode.Cookieless, true)]
    public void ActiveMode_IsWhatWasAskedFor(FastOpenMode mode, bool active)
    {
        using FastOpenListener listener = Listen(AddressFamily.InterNetworkV6, mode);
        Assert.Equal(active, listener.FastOpenActive);
        Assert.Equal(mode, listener.ActiveMode);
        Assert.Null(listener.FastOpenLimitation);
    }

    [Fact]
    public async Task FullQueue_MakesPlainHandshakes()
    {
        using FastOpenListener listener = new(
            PrivateNetwork.NextEndPoint(AddressFamily.InterNetwork),
            new() { Mode = FastOpenMode.Cookieless, QueueLength = 1 });
        using PacketFilter filter = PacketFilter.LoseAcknowledgments(listener.LocalEndPoint.Port);
        using DialedSocket first = await new FastOpenDialer().ConnectAsync(
            listener.LocalEndPoint, FastOpenMode.Cookieless, new byte[517], Cancelled);
        using AcceptedSocket server = await listener.AcceptAsync(Cancelled);
        using DialedSocket second = await new FastOpenDialer().ConnectAsync(
            listener.LocalEndPoint, FastOpenMode.Cookieless, new byte[517], Cancelled);
        // An empty send waits for the handshake of a socket that is still connecting.
        await second.Socket.SendAsync(ReadOnlyMemory<byte>.Empty, SocketFlags.None, Cancelled);
        Assert.Equal(FastOpenOutcome.Cookieless, first.GetReport().Outcome);
        Assert.Equal(FastOpenOutcome.Ignored, second.GetReport().Outcome);
    }

    [Fact]
    public async Task AnyIPv6Address_TakesIPv4AsWell()
    {
        using FastOpenListener listener = new(new(IPAddress.IPv6Any, 0), new() { Mode = FastOpenMode.Cookieless });
        foreach (AddressFamily family in new[] { AddressFamily.InterNetwork, AddressFamily.InterNetworkV6 })
        {
            var endPoint = new IPEndPoint(PrivateNetwork.NextAddress(family), listener.LocalEndPoint.Port);
            using DialedSocket client = await new FastOpenDialer().ConnectAsync(
                endPoint, FastOpenMode.Cookieless, new byte[10], Cancelled);
            using AcceptedSocket server = await listener.AcceptAsync(Cancelled);
            Assert.True(server.SynDataTaken);
        }
    }

    [Fact]
    public void ReusePort_SharesTheAddress()
    {
        IPEndPoint endPoint = PrivateNetwork.NextEndPoint(AddressFamily.InterNetwork);
        using FastOpenListener first = new(endPoint, new() { ReusePort = true });
        using FastOpenListener second = new(first.LocalEndPoint, new() { ReusePort = true });
        Assert.Equal(first.LocalEndPoint, second.LocalEndPoint);
    }

    [Fact]
    public async Task AddressOfAClosedListener_IsFreeAgain()
    {
        IPEndPoint endPoint;
        using (FastOpenListener first = Listen(AddressFamily.InterNetwork, FastOpenMode.Cookieless))
        {
            endPoint = first.LocalEndPoint;
            using Exchange exchange = await Exchange.RunAsync(first, FastOpenMode.Cookieless, 517, Cancelled);
            // The end that closes first keeps the connection in TIME-WAIT.
            exchange.Server.Dispose();
        }

        using FastOpenListener second = new(endPoint, new() { Mode = FastOpenMode.Cookieless });
        Assert.Equal(endPoint, second.LocalEndPoint);
    }

    [Fact]
    public void AddressInUse_IsAnError()
    {
        using FastOpenListener first = Listen(AddressFamily.InterNetwork, FastOpenMode.Off);
        SocketException e = Assert.Throws<SocketException>(() => new FastOpenListener(first.LocalEndPoint));
        Assert.Equal(SocketError.AddressAlreadyInUse, e.SocketErrorCode);
    }

    [Fact]
    public void BadOptions_AreRefused()
    {
        IPEndPoint endPoint = PrivateNetwork.NextEndPoint(AddressFamily.InterNetwork);
        Assert.Throws<ArgumentException>(() => new FastOpenListener(endPoint, new() { QueueLength = 0 }));
        Assert.Throws<ArgumentException>(() => new FastOpenListener(endPoint, new() { Backlog = 0 }));
        Assert.Throws<ArgumentException>(() => new FastOpenListener(endPoint, new() { Mode = (FastOpenMode)9 }));
    }

    private static void Reset(DialedSocket client)
    {
        client.Socket.LingerState = new LingerOption(enable: true, seconds: 0);
        client.Dispose();
    }

    private static FastOpenListener Listen(AddressFamily family, FastOpenMode mode) =>
        new(PrivateNetwork.NextEndPoint(family), new() { Mode = mode });
}
