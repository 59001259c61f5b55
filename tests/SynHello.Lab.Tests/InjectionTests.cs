using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace SynHello.Lab.Tests;

/// <summary>What an attacker on the path, or a network that duplicates packets, brings to a server.</summary>
[Collection(OnTheWire.Name)]
public sealed class InjectionTests
{
    private const int TcpLevel = 6;
    private const int FastOpenQueue = 23;
    private const int NoCookie = 34;
    private const byte Reset = 0x04;

    private static readonly byte[] Request = [.. Enumerable.Range(0, 1300).Select(i => (byte)(i * 7))];

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task DuplicateSynAfter_DeliversEverySynTwiceAndNothingElse()
    {
        await using var wire = TestWire.Start(o => o.DuplicateSynAfter = TimeSpan.FromMilliseconds(1));
        using Socket listener = wire.Listen(cookieless: true);

        Assert.Equal(Request, await wire.EchoAsync(listener, Request, fastOpen: true, cookieless: true));
        Assert.Equal(Request, await wire.EchoAsync(listener, Request));

        ILookup<bool, WirePacket> bySyn = wire.Delivered.ToLookup(Packets.IsSyn);
        Assert.Equal(2, bySyn[true].DistinctBy(p => p.Sequence).Count());
        Assert.Equal(4, bySyn[true].Count());
        Assert.Equal(bySyn[false].DistinctBy(p => p.Sequence).Count(), bySyn[false].Count());
        Assert.All(
            bySyn[true].GroupBy(p => p.Sequence),
            syn => Assert.True(syn.Max(p => p.DeliveredAt) - syn.First().SentAt >= TimeSpan.FromMilliseconds(11)));
    }

    [Fact]
    public async Task DuplicateSynAfter_LeavesTheRulesVerdictAlone()
    {
        await using var wire = TestWire.Start(o =>
        {
            o.DuplicateSynAfter = TimeSpan.Zero;
            o.Rule = packet => packet.Sequence switch
            {
                1 => PacketVerdict.Drop,
                2 => PacketVerdict.Duplicate(TimeSpan.Zero),
                _ => PacketVerdict.Pass,
            };
        });
        for (ushort port = 1; port <= 3; port++)
            wire.Wire.Inject(Syn(wire, port), PacketDirection.ClientToServer);
        await wire.WhenSettled(5);

        Assert.Equal([1, 2, 2, 3, 3], wire.Packets.Where(Packets.IsSyn).Select(packet => packet.Sequence));
    }

    [Fact]
    public async Task SynOfALivingConnection_OpensNoOther()
    {
        await using var wire = TestWire.Start();
        using Socket listener = wire.Listen(cookieless: true);
        using Socket client = await OpenAsync(wire, listener);
        using Socket server = await listener.AcceptAsync(Cancelled);
        Assert.Equal(Request, await ReadAsync(server, Request.Length));

        wire.Wire.Inject(RecordedSyn(wire).Bytes.Span, PacketDirection.ClientToServer);

        // The stream has nothing more in it, and whoever is accepted next is the one who was dialed after it.
        await client.SendAsync(new byte[] { 42 }, Cancelled);
        Assert.Equal([42], await ReadAsync(server, 1));
        using Socket next = await OpenAsync(wire, listener);
        using Socket nextServer = await listener.AcceptAsync(Cancelled);
        Assert.Equal(PortOf(next.LocalEndPoint), PortOf(nextServer.RemoteEndPoint));
        Assert.Equal(2, wire.Delivered.Count(p => Packets.IsSyn(p) && SourcePortOf(p) == PortOf(client.LocalEndPoint)));
    }

    [Fact]
    public async Task SynOfAForgottenConnection_IsReadAgain()
    {
        await using var wire = TestWire.Start(o => o.Rule = DropClientsResets);
        using Socket listener = wire.Listen(cookieless: true);
        int port;
        using (Socket client = await OpenAsync(wire, listener))
        using (Socket server = await listener.AcceptAsync(Cancelled))
        {
            port = PortOf(server.RemoteEndPoint);
            Assert.Equal(Request, await ReadAsync(server, Request.Length));
            server.Close(timeout: 0); // a reset, so that neither end remembers
            await Assert.ThrowsAsync<SocketException>(async () => await client.ReceiveAsync(new byte[1], Cancelled));
        }

        wire.Wire.Inject(RecordedSyn(wire).Bytes.Span, PacketDirection.ClientToServer);
        using Socket again = await listener.AcceptAsync(Cancelled);

        Assert.Equal(port, PortOf(again.RemoteEndPoint));
        Assert.Equal(Request, await ReadAsync(again, Request.Length));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task SynFromOtherPorts_IsReadAsOftenAsItIsSent(bool cookieless)
    {
        const int Replays = 1000;
        const int Threads = 16;
        const int FirstPort = 10_000;
        await using var wire = TestWire.Start(o => o.Rule = DropClientsResets);
        using Socket listener = ListenWithRoom(wire, queue: 2 * Replays, cookieless);

        // With a cookie the first visit is the one that gets it.
        for (int visit = cookieless ? 1 : 0; visit < 2; visit++)
        {
            using Socket client = await OpenAsync(wire, listener, cookieless);
            using Socket server = await listener.AcceptAsync(Cancelled);
            Assert.Equal(Request, await ReadAsync(server, Request.Length));
        }

        WirePacket syn = RecordedSyn(wire);
        Assert.Equal(!cookieless, FastOpenOption.IsPresent(syn.Bytes.Span));
        Task attack = Task.WhenAll(Enumerable.Range(0, Threads).Select(thread => Task.Run(() =>
        {
            for (int i = thread; i < Replays; i += Threads)
                wire.Wire.Inject(syn.WithSourcePort(FirstPort + i).Bytes.Span, PacketDirection.ClientToServer);
        })));

        HashSet<int> ports = [];
        while (ports.Count < Replays)
        {
            using Socket server = await listener.AcceptAsync(Cancelled);
            Assert.True(ports.Add(PortOf(server.RemoteEndPoint)));
            Assert.Equal(Request, await ReadAsync(server, Request.Length));
        }

        await attack;
        Assert.Equal(Enumerable.Range(FirstPort, Replays), ports.Order());
    }

    [Fact]
    public async Task InjectedPacket_IsOnTheWireLikeAnyOther()
    {
        var network = TestWire.FreshNetwork();
        await using var wire = TestWire.Start(o =>
        {
            o.Network = network;
            o.Rule = packet => packet.Sequence == 2 ? PacketVerdict.Drop : PacketVerdict.Pass;
        });
        (Socket client, Socket server) = wire.Datagrams();
        client.ReceiveTimeout = 30_000;
        client.Send(BitConverter.GetBytes(1));
        await wire.WhenSettled(1);
        WirePacket sent = wire.Packets[0];

        wire.Wire.Inject(sent.Bytes.Span, PacketDirection.ClientToServer); // the rule drops it
        wire.Wire.Inject(sent.Bytes.Span, PacketDirection.ClientToServer);
        Assert.Equal([1, 1], TestWire.ReceiveNumbered(server, 2));

        // From the server's side too, and the flow is still known by its client.
        server.SendTo(BitConverter.GetBytes(2), client.LocalEndPoint is IPEndPoint near
            ? new IPEndPoint(wire.Wire.RemoteAddress, near.Port)
            : throw new InvalidOperationException());
        Assert.Equal([2], TestWire.ReceiveNumbered(client, 1));
        WirePacket answer = wire.Packets[^1];
        wire.Wire.Inject(answer.Bytes.Span, PacketDirection.ServerToClient);
        Assert.Equal([2], TestWire.ReceiveNumbered(client, 1));

        List<WirePacket> packets = [.. wire.Packets];
        Assert.Equal([1, 2, 3, 4, 5], packets.Select(packet => packet.Sequence));
        Assert.Equal(DropReason.Rule, packets[1].DropReason);
        Assert.All(packets[..3], packet => Assert.Equal(
            (PacketDirection.ClientToServer, Convert.ToHexString(sent.Bytes.Span)),
            (packet.Direction, Convert.ToHexString(packet.Bytes.Span))));
        Assert.All(packets[3..], packet => Assert.Equal(
            (PacketDirection.ServerToClient, Convert.ToHexString(answer.Bytes.Span)),
            (packet.Direction, Convert.ToHexString(packet.Bytes.Span))));
        Assert.All(
            packets.Where(packet => packet.DeliveredAt is not null),
            packet => Assert.True(packet.DeliveredAt - packet.SentAt >= TimeSpan.FromMilliseconds(10)));
    }

    [Fact]
    public async Task InjectedSyn_IsItsFlowsFirst()
    {
        await using var wire = TestWire.Start();
        using Socket listener = wire.Listen();
        int port = PortOf(listener.LocalEndPoint);

        // The machine answers a SYN-ACK that it did not ask for with a reset.
        wire.Wire.Inject(Syn(wire, 9999, port), PacketDirection.ClientToServer);
        await wire.WhenSettled(3);

        Assert.Equal(
            [PacketDirection.ClientToServer, PacketDirection.ServerToClient, PacketDirection.ClientToServer],
            wire.Packets.Take(3).Select(packet => packet.Direction));
        Assert.True(Packets.IsSynAck(wire.Packets[1]));
        Assert.True((wire.Packets[2].Bytes.Span[33] & Reset) != 0);
    }

    [Fact]
    public async Task Inject_RefusesWhatCannotBeOnTheWire()
    {
        await using var wire = TestWire.Start();
        byte[] syn = Syn(wire, 1);
        IPAddress elsewhere = IPAddress.Parse("203.0.113.1");
        byte[] to = Packets.Tcp(1, 2, Packets.Syn, source: wire.Wire.LocalAddress, destination: elsewhere);
        byte[] from = Packets.Tcp(1, 2, Packets.Syn, source: elsewhere, destination: wire.Wire.LocalAddress);
        byte[] large = Packets.Tcp(
            1, 2, Packets.Syn, payload: new byte[1461], source: wire.Wire.LocalAddress,
            destination: wire.Wire.RemoteAddress);

        Assert.Throws<ArgumentException>(() => wire.Wire.Inject(syn.AsSpan(..^1), PacketDirection.ClientToServer));
        Assert.Throws<ArgumentException>(() => wire.Wire.Inject(to, PacketDirection.ClientToServer));
        Assert.Throws<ArgumentException>(() => wire.Wire.Inject(from, PacketDirection.ServerToClient));
        Assert.Throws<ArgumentException>(() => wire.Wire.Inject(large, PacketDirection.ClientToServer));
        Assert.Throws<ArgumentOutOfRangeException>(() => wire.Wire.Inject(syn, (PacketDirection)7));
        await wire.Wire.DisposeAsync();
        Assert.Throws<ObjectDisposedException>(() => wire.Wire.Inject(syn, PacketDirection.ClientToServer));
    }

    [Fact]
    public async Task Inject_TellsThatTheWireHasEnded()
    {
        await using var wire = TestWire.Start(o => o.Rule = _ => throw new NotSupportedException());
        byte[] syn = Syn(wire, 1);
        wire.Wire.Inject(syn, PacketDirection.ClientToServer);
        await Assert.ThrowsAsync<NotSupportedException>(
            () => wire.Wire.Completion.WaitAsync(TimeSpan.FromSeconds(30)));

        var e = Assert.Throws<InvalidOperationException>(
            () => wire.Wire.Inject(syn, PacketDirection.ClientToServer));
        Assert.IsType<NotSupportedException>(e.InnerException);
    }

    private static PacketVerdict DropClientsResets(WirePacket packet) =>
        packet.Direction == PacketDirection.ClientToServer && (packet.Bytes.Span[33] & Reset) != 0
            ? PacketVerdict.Drop
            : PacketVerdict.Pass;

    private static byte[] Syn(TestWire wire, ushort from, int to = 443) => Packets.Tcp(
        from, (ushort)to, Packets.Syn, source: wire.Wire.LocalAddress, destination: wire.Wire.RemoteAddress);

    // The last one that carried the request.
    private static WirePacket RecordedSyn(TestWire wire) =>
        wire.Packets.Last(packet => Packets.IsSyn(packet) && Packets.PayloadLength(packet) == Request.Length);

    private static Socket ListenWithRoom(TestWire wire, int queue, bool cookieless)
    {
        var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.SetRawSocketOption(TcpLevel, FastOpenQueue, MemoryMarshal.AsBytes(new ReadOnlySpan<int>(in queue)));
        if (cookieless)
            listener.SetRawSocketOption(TcpLevel, NoCookie, BitConverter.GetBytes(1));
        listener.Bind(new IPEndPoint(wire.Wire.LocalAddress, 0));
        listener.Listen();
        return listener;
    }

    private static async Task<Socket> OpenAsync(TestWire wire, Socket listener, bool cookieless = true)
    {
        Socket client = await wire.DialAsync(listener, fastOpen: true, cookieless);
        await client.SendAsync(Request, Cancelled);
        return client;
    }

    private static async Task<byte[]> ReadAsync(Socket socket, int length)
    {
        byte[] buffer = new byte[length];
        for (int read = 0; read < length;)
        {
            int count = await socket.ReceiveAsync(buffer.AsMemory(read), Cancelled);
            Assert.NotEqual(0, count);
            read += count;
        }

        return buffer;
    }

    private static int PortOf(EndPoint? endPoint) => Assert.IsType<IPEndPoint>(endPoint).Port;

    private static int SourcePortOf(WirePacket packet) => packet.Bytes.Span[20] << 8 | packet.Bytes.Span[21];
}
