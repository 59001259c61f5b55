using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace SynHello.Lab.Tests;

[Collection(OnTheWire.Name)]
public sealed class EmulatedWireTests
{
    [Fact]
    public async Task Wire_TakesOneDelayForEveryPacket()
    {
        await using var wire = TestWire.Start();
        using Socket listener = wire.Listen();

        byte[] response = await wire.EchoAsync(listener, [1, 2, 3]);

        Assert.Equal([1, 2, 3], response);
        TimeSpan delay = TimeSpan.FromMilliseconds(10);
        Assert.All(wire.Packets, packet => Assert.True(packet.DeliveredAt - packet.SentAt >= delay));

        // SYN, SYN-ACK, request, response: each was sent after the one before was delivered.
        List<WirePacket> story = [.. wire.Packets.Where(p =>
            Packets.IsSyn(p) || Packets.IsSynAck(p) || Packets.PayloadLength(p) > 0)];
        Assert.Equal(4, story.Count);
        Assert.All(story.Zip(story.Skip(1)), pair => Assert.True(pair.Second.SentAt >= pair.First.DeliveredAt));
    }

    [Fact]
    public async Task Wire_ShowsEveryPacketFromTheClientsSide()
    {
        await using var wire = TestWire.Start();
        using Socket listener = wire.Listen();
        int port = ((IPEndPoint)listener.LocalEndPoint!).Port;

        await wire.EchoAsync(listener, new byte[5000]);

        IReadOnlyList<WirePacket> packets = wire.Packets;
        Assert.Equal(PacketDirection.ClientToServer, packets.Single(Packets.IsSyn).Direction);
        Assert.Equal(PacketDirection.ServerToClient, packets.Single(Packets.IsSynAck).Direction);
        Assert.Equal(Enumerable.Range(1, packets.Count).Select(n => (long)n), packets.Select(p => p.Sequence));
        Assert.All(packets, packet =>
        {
            bool fromClient = packet.Direction == PacketDirection.ClientToServer;
            IPAddress local = wire.Wire.LocalAddress, remote = wire.Wire.RemoteAddress;
            Assert.Equal(fromClient ? local : remote, Packets.Source(packet.Bytes));
            Assert.Equal(fromClient ? remote : local, Packets.Destination(packet.Bytes));
            int portOffset = fromClient ? 22 : 20;
            Assert.Equal(port, packet.Bytes.Span[portOffset] << 8 | packet.Bytes.Span[portOffset + 1]);
            Assert.True(Packets.HasValidChecksums(packet.Bytes));
        });
    }

    [Fact]
    public async Task Wire_CarriesABulkTransferUnharmed()
    {
        await using var wire = TestWire.Start(options => options.OneWayDelay = TimeSpan.FromMilliseconds(1));
        using Socket listener = wire.Listen();
        byte[] request = RandomNumberGenerator.GetBytes(4 << 20);

        Assert.Equal(request, await wire.EchoAsync(listener, request));

        Assert.Equal(0, wire.Recorder.Overlooked);
        Assert.All(wire.Packets, packet => Assert.Null(packet.DropReason));
    }

    [Fact]
    public async Task Wire_KeepsTheOrderOfPackets()
    {
        await using var wire = TestWire.Start();
        (Socket sender, Socket receiver) = wire.Datagrams();

        await wire.SendNumberedAsync(sender, 500);

        Assert.Equal(Enumerable.Range(0, 500), TestWire.ReceiveNumbered(receiver, 500));
    }

    [Fact]
    public async Task Wire_CarriesIpV6()
    {
        await using var wire = TestWire.Start(o => o.NetworkV6 = IPNetwork.Parse("fd00:77::/64"));
        using var listener = new Socket(AddressFamily.InterNetworkV6, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(wire.Wire.LocalAddressV6!, 0));
        listener.Listen();
        using var client = new Socket(AddressFamily.InterNetworkV6, SocketType.Stream, ProtocolType.Tcp);

        await client.ConnectAsync(wire.Wire.RemoteAddressV6!, ((IPEndPoint)listener.LocalEndPoint!).Port);
        using Socket server = await listener.AcceptAsync();
        await client.SendAsync(new byte[] { 42 });
        byte[] received = new byte[1];
        Assert.Equal(1, await server.ReceiveAsync(received));

        Assert.Equal(42, received[0]);
        WirePacket syn = wire.Packets[0];
        Assert.Equal(PacketDirection.ClientToServer, syn.Direction);
        Assert.Equal(wire.Wire.LocalAddressV6, new IPAddress(syn.Bytes.Span.Slice(8, 16)));
        Assert.Equal(wire.Wire.RemoteAddressV6, new IPAddress(syn.Bytes.Span.Slice(24, 16)));
        Assert.Equal(PacketDirection.ServerToClient, wire.Packets[1].Direction);
    }

    [Fact]
    public async Task Wire_BringsIcmpErrorsToTheSocketTheyAreAbout()
    {
        await using var wire = TestWire.Start();
        using var sender = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        await sender.ConnectAsync(wire.Wire.RemoteAddress, 9);

        await sender.SendAsync(new byte[] { 1 });
        SocketException e = await Assert.ThrowsAsync<SocketException>(
            () => sender.ReceiveAsync(new byte[1]).WaitAsync(TimeSpan.FromSeconds(30)));

        Assert.Equal(SocketError.ConnectionRefused, e.SocketErrorCode);
        Assert.Equal(
            [PacketDirection.ClientToServer, PacketDirection.ServerToClient],
            wire.Packets.Select(packet => packet.Direction));
    }

    [Fact]
    public async Task Wire_HasSeveralFarAddresses()
    {
        await using var wire = TestWire.Start();
        using Socket listener = wire.Listen();
        byte[] address = wire.Wire.RemoteAddress.GetAddressBytes();
        address[3] = 77;
        using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

        await client.ConnectAsync(new IPAddress(address), ((IPEndPoint)listener.LocalEndPoint!).Port);
        using Socket server = await listener.AcceptAsync();

        Assert.Equal(new IPAddress(address), ((IPEndPoint)server.RemoteEndPoint!).Address);
    }

    [Fact]
    public async Task Wire_AllocatesNothingForAPacket()
    {
        long[] allocated = new long[3000];
        int packets = 0;
        await using var wire = EmulatedWireOn(options => options.Rule = _ =>
        {
            allocated[packets++ % allocated.Length] = GC.GetAllocatedBytesForCurrentThread();
            return PacketVerdict.Pass;
        });
        var settled = new Settled();
        wire.Subscribe(settled);
        using var sender = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        using var receiver = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        receiver.Bind(new IPEndPoint(wire.LocalAddress, 0));
        await sender.ConnectAsync(wire.RemoteAddress, ((IPEndPoint)receiver.LocalEndPoint!).Port);

        // Rounds of equal size: the first makes the buffers, and the later ones find them.
        for (int round = 1; round <= allocated.Length / 100; round++)
        {
            for (int i = 0; i < 100; i++)
                sender.Send([1, 2, 3]);
            Assert.True(settled.HaveReached(round * 100));
        }

        // The runtime itself may allocate once in a while on this thread, for a lock that was fought over; the smallest
        // object has 24 bytes, so one a packet would be 48,000.
        Assert.InRange(allocated[2999] - allocated[1000], 0, 1000);
    }

    [Fact]
    public async Task Completion_TellsWhatAnObserverThrew()
    {
        await using var wire = EmulatedWireOn(_ => { });
        wire.Subscribe(new Failing());
        using var sender = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);

        await sender.SendToAsync(new byte[] { 1 }, new IPEndPoint(wire.RemoteAddress, 9));

        var e = await Assert.ThrowsAsync<NotSupportedException>(
            () => wire.Completion.WaitAsync(TimeSpan.FromSeconds(30)));
        Assert.Equal("Not on this wire.", e.Message);
    }

    [Fact]
    public async Task Dispose_RemovesTheInterface()
    {
        var wire = EmulatedWireOn(_ => { });
        string name = wire.InterfaceName;
        Assert.Contains(NetworkInterface.GetAllNetworkInterfaces(), i => i.Name == name);

        wire.Dispose();
        await wire.DisposeAsync();

        Assert.True(wire.Completion.IsCompletedSuccessfully);
        Assert.DoesNotContain(NetworkInterface.GetAllNetworkInterfaces(), i => i.Name == name);
    }

    [Fact]
    public async Task Subscription_EndsWhenDisposed()
    {
        await using var wire = TestWire.Start();
        var recorder = new PacketRecorder();
        IDisposable subscription = wire.Wire.Subscribe(recorder);
        (Socket sender, _) = wire.Datagrams();
        await wire.SendNumberedAsync(sender, 1);
        subscription.Dispose();

        sender.Send([1]);
        await wire.WhenSettled(2);

        Assert.Single(recorder.Snapshot());
    }

    [Fact]
    public async Task Recorder_KeepsNoMoreThanItMay()
    {
        await using var wire = TestWire.Start();
        var recorder = new PacketRecorder(maxBytes: 70);
        wire.Wire.Subscribe(recorder);
        (Socket sender, _) = wire.Datagrams();

        await wire.SendNumberedAsync(sender, 5);
        await wire.Wire.DisposeAsync();

        Assert.Equal(2, recorder.Snapshot().Count);
        Assert.Equal(3, recorder.Overlooked);
        recorder.Clear();
        Assert.Empty(recorder.Snapshot());
        Assert.Equal(0, recorder.Overlooked);
    }

    private static EmulatedWire EmulatedWireOn(Action<EmulatedWireOptions> configure)
    {
        var options = new EmulatedWireOptions
        {
            OneWayDelay = TimeSpan.FromMilliseconds(2),
            Network = TestWire.FreshNetwork(),
        };
        configure(options);
        return EmulatedWire.Start(options);
    }

    private sealed class Failing : IWireObserver
    {
        public void OnSent(in WirePacket packet) => throw new NotSupportedException("Not on this wire.");
    }

    private sealed class Settled : IWireObserver
    {
        private volatile int _count;

        // Spins, because waking a waiter would allocate on the wire's thread.
        public bool HaveReached(int count) => SpinWait.SpinUntil(() => _count >= count, TimeSpan.FromSeconds(30));

        public void OnDelivered(in WirePacket packet) => _count++;
    }
}
