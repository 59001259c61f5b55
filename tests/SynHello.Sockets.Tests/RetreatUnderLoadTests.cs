using System.Globalization;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using SynHello.Testing;

namespace SynHello.Sockets.Tests;

/// <summary>
/// Listeners whose mode changes while they listen, and what the kernel does then. A filter loses clients' acknowledgments,
/// so that their addresses stay unproven.
/// </summary>
public sealed class RetreatUnderLoadTests : IDisposable
{
    private const string MaximumBacklog = "/proc/sys/net/core/somaxconn";

    private readonly FakeTimeProvider _clock = new();
    private readonly List<FastOpenModeChange> _changes = [];
    private readonly List<IDisposable> _open = [];

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public void Dispose() => CloseAll();

    [Fact]
    public async Task Modes_AreInForceAtOnce()
    {
        using FastOpenListener listener = Listen(64);
        await AssertTakenAsync(listener, FastOpenMode.Cookieless);

        listener.SetMode(FastOpenMode.Cookie);
        await AssertIgnoredAsync(listener, FastOpenMode.Cookieless);
        await AssertIgnoredAsync(listener, FastOpenMode.Cookie); // asks for a cookie
        await AssertTakenAsync(listener, FastOpenMode.Cookie);

        listener.SetMode(FastOpenMode.Off);
        await AssertIgnoredAsync(listener, FastOpenMode.Cookieless);
        await AssertIgnoredAsync(listener, FastOpenMode.Cookie);

        listener.SetMode(FastOpenMode.Cookie);
        await AssertTakenAsync(listener, FastOpenMode.Cookie);
        await AssertIgnoredAsync(listener, FastOpenMode.Cookieless);
        listener.SetMode(FastOpenMode.Cookieless);
        await AssertTakenAsync(listener, FastOpenMode.Cookieless);
        Assert.Equal(FastOpenMode.Cookieless, listener.CurrentMode);
        Assert.Empty(_changes); // nobody stepped
    }

    [Fact]
    public async Task Cookie_IsVerifiedWhereTheKernelAskedForIt()
    {
        using FastOpenListener listener = Listen(64, FastOpenMode.Cookie);
        using (Exchange first = await Exchange.RunAsync(listener, FastOpenMode.Cookie, 517, Cancelled))
            Assert.False(first.Server.CookieVerified); // a plain handshake, which asks for one
        using PacketFilter filter = PacketFilter.LoseAcknowledgments(listener.LocalEndPoint.Port);
        await DialAsync(listener, FastOpenMode.Cookie);
        AcceptedSocket second = await AcceptAsync(listener);
        Assert.Equal(TcpState.SynReceived, second.InfoAtAccept!.Value.State);
        Assert.True(second.CookieVerified);
        Assert.Null(second.AnswerBudget);
        Assert.Equal(2, SynRetries(second)); // seven seconds
    }

    [Theory]
    [InlineData(FastOpenMode.Cookie)]
    [InlineData(FastOpenMode.Off)]
    public async Task ChildThatWaitsWhenTheModeIsLowered_HasShownNoCookie(FastOpenMode mode)
    {
        const int Children = 20;
        using FastOpenListener listener = Listen(64);
        using (PacketFilter.LoseAcknowledgments(listener.LocalEndPoint.Port))
        {
            for (int i = 0; i < Children; i++)
                await DialAsync(listener);
            listener.SetMode(mode);
            for (int i = 0; i < Children; i++)
            {
                AcceptedSocket child = await AcceptAsync(listener);
                Assert.Equal(TcpState.SynReceived, child.InfoAtAccept!.Value.State);
                Assert.False(child.CookieVerified);
                Assert.NotNull(child.AnswerBudget);
                Assert.Equal(1, SynRetries(child)); // three seconds
            }
        }

        // Once those that might have been on their way have been accepted, a cookie counts for one again.
        listener.SetMode(FastOpenMode.Cookie);
        using (await Exchange.RunAsync(listener, FastOpenMode.Cookie, 10, Cancelled))
        {
        }

        int doubted = 0;
        while (true)
        {
            using Exchange exchange = await Exchange.RunAsync(listener, FastOpenMode.Cookie, 10, Cancelled);
            Assert.True(exchange.Server.SynDataTaken);
            if (exchange.Server.CookieVerified)
                break;
            Assert.InRange(++doubted, 1, 100);
        }

        Assert.InRange(doubted, 1, 100);
    }

    [Fact]
    public async Task CrowdOfUnproven_StepsDownAndUpAgain()
    {
        using FastOpenListener listener = Listen(4);
        using (PacketFilter.LoseAcknowledgments(listener.LocalEndPoint.Port))
        {
            for (int i = 1; i <= 3; i++)
            {
                Assert.Empty(_changes);
                await DialAsync(listener);
                AcceptedSocket child = await AcceptAsync(listener);
                Assert.False(child.CookieVerified);
                Assert.NotNull(child.AnswerBudget);
                Assert.Equal(i, listener.UnprovenConnections);
            }

            Assert.Equal(
                [new(FastOpenMode.Cookieless, FastOpenMode.Cookie, FastOpenStepReason.UnprovenConnections, 3)], _changes);
            Assert.Equal(FastOpenMode.Cookie, listener.CurrentMode);
            Assert.Equal(FastOpenMode.Cookieless, listener.ActiveMode);
            Advance(4);
            Assert.Single(_changes);

            // By the kernel's clock they are not dead yet: they hang.
            Advance(0.25);
            Assert.Equal(
                new(FastOpenMode.Cookie, FastOpenMode.Off, FastOpenStepReason.UnprovenConnections, 3), _changes[1]);
            Advance(60);
            CloseAll();
        }

        Assert.Equal(0, listener.UnprovenConnections);
        await AssertIgnoredAsync(listener, FastOpenMode.Cookie);
        Advance(7.75);
        Assert.Equal(2, _changes.Count);
        Advance(0.5);
        await AssertIgnoredAsync(listener, FastOpenMode.Cookieless);
        Advance(8.25);
        Assert.Equal(
            [
                new(FastOpenMode.Off, FastOpenMode.Cookie, FastOpenStepReason.Calm, 0),
                new(FastOpenMode.Cookie, FastOpenMode.Cookieless, FastOpenStepReason.Calm, 0),
            ],
            _changes[2..]);
        Assert.Equal([true, true, false, false], _changes.Select(change => change.IsDown));
        await AssertTakenAsync(listener, FastOpenMode.Cookieless);
        CloseAll();
        Advance(0.25);
        Assert.Equal(0, _clock.ActiveTimers); // nothing to look at
    }

    [Fact]
    public async Task ConnectionsWhoseProofNobodyNoticed_AreNoCrowd()
    {
        using FastOpenListener listener = Listen(4);
        for (int i = 0; i < 50; i++)
        {
            // Accepted before the acknowledgment, or after it.
            Task<AcceptedSocket> accepting = AcceptAsync(listener);
            await DialAsync(listener);
            await accepting;
        }

        Assert.Empty(_changes);
        Assert.Equal(0, listener.UnprovenConnections);
    }

    /// <summary>
    /// What breaks the protocol is reset, and gives its place in the kernel's queue back at once: there is never more than
    /// one, and yet it is a flood.
    /// </summary>
    [Theory]
    [InlineData(0, true)]
    [InlineData(1.4, true)]
    [InlineData(1.6, false)]
    public async Task ConnectionsThatEndUnproven_AreACrowdForAWhile(double secondsApart, bool stepsDown)
    {
        using FastOpenListener listener = Listen(4);
        using (PacketFilter.LoseAcknowledgments(listener.LocalEndPoint.Port))
        {
            for (int i = 0; i < 3; i++)
            {
                Advance(secondsApart);
                Assert.Empty(_changes);
                await DialAsync(listener);
                AcceptedSocket child = await AcceptAsync(listener);
                Assert.Equal(1, listener.UnprovenConnections);
                child.Dispose();
                Assert.Equal(0, listener.UnprovenConnections);
            }
        }

        if (stepsDown)
            Assert.Equal(FastOpenStepReason.UnprovenConnections, Assert.Single(_changes).Reason);
        else
            Assert.Empty(_changes);
    }

    [Fact]
    public async Task ConnectionsResetBeforeAccept_AreACrowdForAWhile()
    {
        using FastOpenListener listener = Listen(4);
        for (int i = 0; i < 3; i++)
        {
            DialedSocket client = await DialAsync(listener);
            client.Socket.LingerState = new LingerOption(true, 0);
            client.Dispose();
        }

        Assert.Empty(_changes);
        using (Exchange exchange = await Exchange.RunAsync(listener, FastOpenMode.Off, 10, Cancelled))
            Assert.Equal(3, listener.AbortedConnections);
        Assert.Equal(FastOpenMode.Cookie, Assert.Single(_changes).To);
        Advance(11.5);
        Assert.Equal(FastOpenMode.Cookieless, listener.CurrentMode);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)] // by somebody who has the socket alone
    public async Task ConnectionsThatEndProven_AreNoCrowd(bool bySocket)
    {
        using FastOpenListener listener = Listen(4);
        for (int i = 0; i < 10; i++)
        {
            DialedSocket client;
            AcceptedSocket child;
            using (PacketFilter.LoseAcknowledgments(listener.LocalEndPoint.Port))
            {
                client = await DialAsync(listener);
                child = await AcceptAsync(listener);
                Assert.Equal(1, listener.UnprovenConnections);
            }

            await client.Socket.SendAsync(new byte[] { 1 }, SocketFlags.None, Cancelled);
            await Exchange.ReadAsync(child.Socket, 518, Cancelled);
            if (bySocket)
                child.Socket.Dispose();
            else
                child.Dispose();
        }

        Assert.Empty(_changes);
    }

    [Fact]
    public async Task ProofThatIsNoticed_SparesTheKernelTheQuestion()
    {
        using FastOpenListener listener = new(
            PrivateNetwork.NextEndPoint(AddressFamily.InterNetwork),
            new() { Mode = FastOpenMode.Cookieless, RetreatsUnderLoad = false });
        using var watch = new PressureWatch(
            new FastOpenRetreat(FastOpenMode.Cookieless, true, 4, _clock), 4, _ => { }, _changes.Add, _clock);
        using (PacketFilter.LoseAcknowledgments(listener.LocalEndPoint.Port))
        {
            await DialAsync(listener);
            AcceptedSocket child = await AcceptAsync(listener);
            watch.Enter(child);
            Assert.Equal(1, watch.Count);
            child.NoticeProof();
            Assert.Equal(0, watch.Count);
        }
    }

    /// <summary>Without a timer too nobody is kept whose proof was not noticed, and few are asked about for it.</summary>
    [Theory]
    [InlineData(FastOpenMode.Cookieless)]
    [InlineData(FastOpenMode.Cookie)]
    public async Task Connections_ThatAreClosedByTheirSocket_AreForgotten(FastOpenMode mode)
    {
        const int Limit = 4;
        using FastOpenListener listener = new(
            PrivateNetwork.NextEndPoint(AddressFamily.InterNetwork),
            new() { Mode = FastOpenMode.Cookieless, RetreatsUnderLoad = false });
        using var watch = new PressureWatch(
            new FastOpenRetreat(mode, asksForCookies: true, Limit, _clock), Limit, _ => { }, _changes.Add, new ManualTime());
        using (PacketFilter.LoseAcknowledgments(listener.LocalEndPoint.Port))
        {
            for (int i = 0; i < 20; i++)
            {
                await DialAsync(listener);
                AcceptedSocket child = await AcceptAsync(listener);
                watch.Enter(child);
                child.Socket.Dispose();
                Assert.InRange(watch.Count, 0, 2 * Limit);
            }
        }

        Assert.Empty(_changes);
    }

    [Fact]
    public async Task FullQueue_StepsDownTheListenerThatItBelongsTo()
    {
        using FastOpenListener listener = Listen(2);
        using FastOpenListener other = Listen(8, backlog: 16, isObserved: false);
        using (PacketFilter.LoseAcknowledgments(listener.LocalEndPoint.Port, other.LocalEndPoint.Port))
        {
            foreach (FastOpenListener one in new[] { listener, other })
            {
                await DialAsync(one);
                await AcceptAsync(one); // a half of what may be unproven here, an eighth there
            }

            Advance(0.25);
            Assert.Empty(_changes);
            for (int i = 0; i < 2; i++)
                await DialAsync(listener); // wait to be accepted; there is no room for the second
            await ConnectedAsync();
            Advance(0.25);
        }

        Assert.Equal(
            [new(FastOpenMode.Cookieless, FastOpenMode.Cookie, FastOpenStepReason.QueueOverflow, 1)], _changes);
        Assert.Equal(FastOpenMode.Cookieless, other.CurrentMode);
    }

    [Fact]
    public async Task RetreatThatIsOff_LeavesTheMode()
    {
        using FastOpenListener listener = new(
            PrivateNetwork.NextEndPoint(AddressFamily.InterNetwork),
            new() { Mode = FastOpenMode.Cookieless, QueueLength = 2, RetreatsUnderLoad = false, ModeChanged = _changes.Add });
        using (PacketFilter.LoseAcknowledgments(listener.LocalEndPoint.Port))
        {
            for (int i = 0; i < 2; i++)
            {
                await DialAsync(listener);
                await AcceptAsync(listener);
            }
        }

        Assert.Empty(_changes);
        Assert.Equal(FastOpenMode.Cookieless, listener.CurrentMode);
    }

    [Fact]
    public async Task UnprovenConnection_LeavesWithItsProofOrItsEnd()
    {
        using FastOpenListener listener = Listen(64);
        AcceptedSocket[] children = new AcceptedSocket[4];
        DialedSocket[] clients = new DialedSocket[4];
        using (PacketFilter.LoseAcknowledgments(listener.LocalEndPoint.Port))
        {
            for (int i = 0; i < children.Length; i++)
            {
                clients[i] = await DialAsync(listener);
                children[i] = await AcceptAsync(listener);
            }

            Assert.Equal(4, listener.UnprovenConnections);
            children[0].Dispose();
            Assert.Equal(3, listener.UnprovenConnections);
            children[1].Socket.Dispose(); // by somebody who has the socket alone
            Assert.Equal(2, listener.UnprovenConnections);
        }

        AcceptedSocket noticed = children[3];
        noticed.NoticeProof();
        Assert.True(noticed.AddressProven);
        Assert.Equal(1, listener.UnprovenConnections);
        await clients[2].Socket.SendAsync(new byte[] { 1 }, SocketFlags.None, Cancelled);
        await Exchange.ReadAsync(children[2].Socket, 518, Cancelled);
        Assert.Equal(0, listener.UnprovenConnections);
    }

    [Fact]
    public async Task UnprovenConnection_LeavesWhenThePeerResetsIt()
    {
        using FastOpenListener listener = Listen(64);
        DialedSocket client;
        AcceptedSocket child;
        using (PacketFilter.LoseAcknowledgments(listener.LocalEndPoint.Port))
        {
            client = await DialAsync(listener);
            child = await AcceptAsync(listener);
            Assert.Equal(1, listener.UnprovenConnections);
        }

        client.Socket.LingerState = new LingerOption(true, 0);
        client.Dispose();
        await Exchange.ReadAsync(child.Socket, 517, Cancelled);
        await Assert.ThrowsAsync<SocketException>(
            () => child.Socket.ReceiveAsync(new byte[1], SocketFlags.None, Cancelled).AsTask());
        Assert.Equal(0, listener.UnprovenConnections);
    }

    /// <summary>Unproven children wait in the backlog, and a full backlog keeps everybody out.</summary>
    [Theory]
    [InlineData(10, null)]
    [InlineData(512, 10)]
    public async Task Queue_IsNoLongerThanHalfTheBacklog(int backlog, int? kernelMaximum)
    {
        string before = File.ReadAllText(MaximumBacklog);
        if (kernelMaximum is { } maximum)
            File.WriteAllText(MaximumBacklog, maximum.ToString(CultureInfo.InvariantCulture));
        try
        {
            using FastOpenListener listener = Listen(256, backlog: backlog);
            Assert.Equal(5, listener.QueueLength);
            using PacketFilter filter = PacketFilter.LoseAcknowledgments(listener.LocalEndPoint.Port);
            for (int i = 0; i < 6; i++)
                await DialAsync(listener);
            await ConnectedAsync();
            Assert.Equal(
                [true, true, true, true, true, false],
                _open.Cast<DialedSocket>().Select(client => client.GetReport().Outcome == FastOpenOutcome.Cookieless));
        }
        finally
        {
            File.WriteAllText(MaximumBacklog, before);
        }
    }

    private void Advance(double seconds) => _clock.Advance(TimeSpan.FromSeconds(seconds));

    private FastOpenListener Listen(
        int queueLength, FastOpenMode mode = FastOpenMode.Cookieless, int backlog = 512, bool isObserved = true) => new(
        PrivateNetwork.NextEndPoint(AddressFamily.InterNetwork),
        new()
        {
            Mode = mode,
            QueueLength = queueLength,
            Backlog = backlog,
            TimeProvider = _clock,
            ModeChanged = isObserved ? _changes.Add : null,
        });

    private static int SynRetries(AcceptedSocket socket)
    {
        byte[] value = new byte[sizeof(int)];
        Assert.Equal(value.Length, socket.Socket.GetRawSocketOption(LinuxTcp.Level, LinuxTcp.SynCount, value));
        return BitConverter.ToInt32(value);
    }

    private async Task<DialedSocket> DialAsync(FastOpenListener listener, FastOpenMode mode = FastOpenMode.Cookieless)
    {
        DialedSocket client = await new FastOpenDialer().ConnectAsync(
            listener.LocalEndPoint, mode, Exchange.Bytes(517), Cancelled);
        _open.Add(client);
        return client;
    }

    private async Task<AcceptedSocket> AcceptAsync(FastOpenListener listener)
    {
        AcceptedSocket server = await listener.AcceptAsync(Cancelled);
        _open.Add(server);
        return server;
    }

    // An empty send waits for the handshake of a socket that is still connecting.
    private async Task ConnectedAsync()
    {
        foreach (DialedSocket client in _open.OfType<DialedSocket>())
            await client.Socket.SendAsync(ReadOnlyMemory<byte>.Empty, SocketFlags.None, Cancelled);
    }

    private void CloseAll()
    {
        _open.ForEach(one => one.Dispose());
        _open.Clear();
    }

    private static async Task AssertTakenAsync(FastOpenListener listener, FastOpenMode mode)
    {
        using Exchange exchange = await Exchange.RunAsync(listener, mode, 517, Cancelled);
        Assert.True(exchange.Server.SynDataTaken);
    }

    private static async Task AssertIgnoredAsync(FastOpenListener listener, FastOpenMode mode)
    {
        using Exchange exchange = await Exchange.RunAsync(listener, mode, 517, Cancelled);
        Assert.False(exchange.Server.SynDataTaken);
        Assert.True(exchange.Server.AddressProven);
    }
}
