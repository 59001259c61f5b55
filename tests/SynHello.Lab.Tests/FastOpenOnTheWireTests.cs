using System.Net.Sockets;

namespace SynHello.Lab.Tests;

[Collection(OnTheWire.Name)]
public sealed class FastOpenOnTheWireTests
{
    private static readonly byte[] Request = [.. Enumerable.Range(0, 1300).Select(i => (byte)i)];

    [Fact]
    public async Task Cookieless_PutsTheFirstWriteIntoTheSyn()
    {
        await using var wire = TestWire.Start();
        using Socket listener = wire.Listen(cookieless: true);

        Assert.Equal(Request, await wire.EchoAsync(listener, Request, fastOpen: true, cookieless: true));

        WirePacket syn = wire.Packets[0];
        Assert.True(Packets.IsSyn(syn));
        Assert.Equal(PacketDirection.ClientToServer, syn.Direction);
        Assert.Equal(Request, Packets.Payload(syn).ToArray());

        // One round trip: the response left before anything but the SYN had come from the client.
        WirePacket response = wire.Packets.First(p =>
            p.Direction == PacketDirection.ServerToClient && Packets.PayloadLength(p) > 0);
        Assert.DoesNotContain(wire.Packets, p =>
            p.Direction == PacketDirection.ClientToServer && p.Sequence > 1 && p.DeliveredAt <= response.SentAt);
    }

    [Fact]
    public async Task DropSynData_DropsTheSynThatCarriesDataAndNothingElse()
    {
        await using var wire = TestWire.Start(options => options.DropSynData = true);
        using Socket listener = wire.Listen(cookieless: true);

        Assert.Equal(Request, await wire.EchoAsync(listener, Request, fastOpen: true, cookieless: true));
        Assert.Equal(Request, await wire.EchoAsync(listener, Request));

        WirePacket dropped = Assert.Single(wire.Packets, packet => packet.DropReason is not null);
        Assert.Equal(DropReason.SynData, dropped.DropReason);
        Assert.True(Packets.IsSyn(dropped));
        Assert.Equal(Request.Length, Packets.PayloadLength(dropped));
    }

    [Fact]
    public async Task Cookie_IsGrantedOnAnOrdinaryWire()
    {
        await using var wire = TestWire.Start();
        using Socket listener = wire.Listen();

        await wire.EchoAsync(listener, Request, fastOpen: true);
        await wire.EchoAsync(listener, Request, fastOpen: true);

        Assert.Contains(wire.Packets, p => Packets.IsSynAck(p) && FastOpenOption.IsPresent(p.Bytes.Span));
        Assert.Equal([0, Request.Length], wire.Packets.Where(Packets.IsSyn).Select(Packets.PayloadLength));
    }

    [Fact]
    public async Task StripFastOpenOption_LetsNoCookieBeGranted()
    {
        await using var wire = TestWire.Start(options => options.StripFastOpenOption = true);
        var sent = new SentSyns();
        wire.Wire.Subscribe(sent);
        using Socket listener = wire.Listen();

        Assert.Equal(Request, await wire.EchoAsync(listener, Request, fastOpen: true));
        Assert.Equal(Request, await wire.EchoAsync(listener, Request, fastOpen: true));

        // The client asks, and nothing of it arrives, in neither direction; every checksum is right.
        Assert.All(sent.Syns, syn => Assert.True(FastOpenOption.IsPresent(syn.Bytes.Span)));
        Assert.Equal(2, sent.Syns.Count);
        Assert.Equal([0, 0], wire.Delivered.Where(Packets.IsSyn).Select(Packets.PayloadLength));
        Assert.All(wire.Delivered, packet =>
        {
            Assert.False(FastOpenOption.IsPresent(packet.Bytes.Span));
            Assert.True(Packets.HasValidChecksums(packet.Bytes));
        });
    }

    [Fact]
    public async Task StripFastOpenOption_LeavesTheDataInTheSyn()
    {
        // The kernel keeps the cookie of the address, so the second wire sees a client that uses it.
        var network = TestWire.FreshNetwork();
        await using (var before = TestWire.Start(options => options.Network = network))
        {
            using Socket first = before.Listen();
            await before.EchoAsync(first, Request, fastOpen: true);
        }

        await using var wire = TestWire.Start(options =>
        {
            options.Network = network;
            options.StripFastOpenOption = true;
        });
        using Socket listener = wire.Listen();
        Assert.Equal(Request, await wire.EchoAsync(listener, Request, fastOpen: true));

        WirePacket syn = wire.Delivered.First();
        Assert.Equal(Request, Packets.Payload(syn).ToArray());
        Assert.False(FastOpenOption.IsPresent(syn.Bytes.Span));
        Assert.True(Packets.HasValidChecksums(syn.Bytes));

        // The server did not take it, and the client sent it again behind its ACK.
        Assert.Contains(wire.Delivered, packet => packet.Direction == PacketDirection.ClientToServer
            && !Packets.IsSyn(packet) && Packets.PayloadLength(packet) == Request.Length);
    }

    private sealed class SentSyns : IWireObserver
    {
        public List<WirePacket> Syns { get; } = [];

        public void OnSent(in WirePacket packet)
        {
            if (Packets.IsSyn(packet))
                Syns.Add(packet.Copy());
        }
    }
}
