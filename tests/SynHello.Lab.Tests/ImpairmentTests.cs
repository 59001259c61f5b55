using System.Net.Sockets;

namespace SynHello.Lab.Tests;

[Collection(OnTheWire.Name)]
public sealed class ImpairmentTests
{
    [Fact]
    public async Task Loss_DependsOnTheSeedAlone()
    {
        List<long> first = await LostOf(seed: 7, count: 200);
        List<long> again = await LostOf(seed: 7, count: 200);
        List<long> other = await LostOf(seed: 8, count: 200);

        Assert.InRange(first.Count, 30, 90);
        Assert.Equal(first, again);
        Assert.NotEqual(first, other);
    }

    [Fact]
    public async Task Loss_IsRepairedByTcp()
    {
        await using var wire = TestWire.Start(options =>
        {
            options.OneWayDelay = TimeSpan.FromMilliseconds(1);
            options.Loss = 0.05;
            options.Seed = 3;
        });
        using Socket listener = wire.Listen();
        byte[] request = [.. Enumerable.Range(0, 200_000).Select(i => (byte)i)];

        Assert.Equal(request, await wire.EchoAsync(listener, request));

        Assert.Contains(wire.Packets, packet => packet.DropReason == DropReason.Loss);
    }

    [Fact]
    public async Task Reordering_HoldsPacketsBack()
    {
        TimeSpan extra = TimeSpan.FromMilliseconds(200);
        await using var wire = TestWire.Start(options =>
        {
            options.ReorderProbability = 0.2;
            options.ReorderDelay = extra;
            options.Seed = 1;
        });
        (Socket sender, Socket receiver) = wire.Datagrams();

        await wire.SendNumberedAsync(sender, 100);

        List<int> received = TestWire.ReceiveNumbered(receiver, 100);
        Assert.NotEqual(Enumerable.Range(0, 100), received);
        Assert.Equal(Enumerable.Range(0, 100), received.Order());
        Assert.Equal(
            wire.Packets.OrderBy(packet => packet.DeliveredAt).Select(packet => (int)packet.Sequence - 1),
            received);
        int held = wire.Packets.Count(p => p.DeliveredAt - p.SentAt >= TimeSpan.FromMilliseconds(10) + extra);
        Assert.InRange(held, 5, 40);
    }

    [Fact]
    public async Task QueueFull_DropsWhatEnters()
    {
        await using var wire = TestWire.Start(options =>
        {
            options.MaxInFlight = 10;
            options.OneWayDelay = TimeSpan.FromSeconds(1);
        });
        (Socket sender, Socket receiver) = wire.Datagrams();

        await wire.SendNumberedAsync(sender, 30);

        Assert.Equal(Enumerable.Range(0, 10), TestWire.ReceiveNumbered(receiver, 10));
        Assert.Equal(20, wire.Packets.Count(packet => packet.DropReason == DropReason.QueueFull));
    }

    [Fact]
    public async Task Rule_DropsWhatItNames()
    {
        await using var wire = TestWire.Start(options => options.Rule = packet =>
            packet.Sequence % 2 == 0 ? PacketVerdict.Drop : PacketVerdict.Pass);
        (Socket sender, Socket receiver) = wire.Datagrams();

        await wire.SendNumberedAsync(sender, 10);

        Assert.Equal([0, 2, 4, 6, 8], TestWire.ReceiveNumbered(receiver, 5));
        Assert.All(
            wire.Packets,
            p => Assert.Equal(p.Sequence % 2 == 0 ? DropReason.Rule : null, p.DropReason));
    }

    [Fact]
    public async Task Rule_DelaysAPacketPastOthers()
    {
        await using var wire = TestWire.Start(options => options.Rule = packet =>
            packet.Sequence == 1 ? PacketVerdict.Delay(TimeSpan.FromSeconds(1)) : PacketVerdict.Pass);
        (Socket sender, Socket receiver) = wire.Datagrams();

        await wire.SendNumberedAsync(sender, 3);

        Assert.Equal([1, 2, 0], TestWire.ReceiveNumbered(receiver, 3));
    }

    [Fact]
    public async Task Rule_DuplicatesAPacket()
    {
        await using var wire = TestWire.Start(options => options.Rule = packet =>
            packet.Sequence == 1 ? PacketVerdict.Duplicate(TimeSpan.FromSeconds(1)) : PacketVerdict.Pass);
        (Socket sender, Socket receiver) = wire.Datagrams();

        sender.Send(BitConverter.GetBytes(0));
        sender.Send(BitConverter.GetBytes(1));
        await wire.WhenSettled(3);

        Assert.Equal([0, 1, 0], TestWire.ReceiveNumbered(receiver, 3));
        Assert.Equal([1, 1, 2], wire.Packets.Select(packet => packet.Sequence));
    }

    [Fact]
    public async Task Rule_ReplacesAPacket()
    {
        await using var wire = TestWire.Start(options => options.Rule = packet =>
        {
            byte[] copy = packet.Bytes.ToArray();
            copy[^4] = 99;
            copy[26] = copy[27] = 0; // UDP without a checksum (RFC 768).
            return PacketVerdict.Replace(copy);
        });
        (Socket sender, Socket receiver) = wire.Datagrams();

        await wire.SendNumberedAsync(sender, 1);

        Assert.Equal([99], TestWire.ReceiveNumbered(receiver, 1));
        Assert.Equal(99, wire.Packets[0].Bytes.Span[^4]);
    }

    [Fact]
    public async Task Rule_MayNotExceedTheMtu()
    {
        byte[] large = Packets.Udp(1, 2, new byte[1600]);
        await using var wire = TestWire.Start(options => options.Rule = _ => PacketVerdict.Replace(large));
        (Socket sender, _) = wire.Datagrams();

        sender.Send([1]);

        await Assert.ThrowsAsync<InvalidOperationException>(
            () => wire.Wire.Completion.WaitAsync(TimeSpan.FromSeconds(30)));
    }

    [Fact]
    public async Task Mtu_IsTheLargestPacket()
    {
        await using var wire = TestWire.Start(options => options.Mtu = 1280);
        using Socket listener = wire.Listen();

        await wire.EchoAsync(listener, new byte[20_000]);

        Assert.Equal(1280, wire.Packets.Max(packet => packet.Bytes.Length));
    }

    private static async Task<List<long>> LostOf(ulong seed, int count)
    {
        await using var wire = TestWire.Start(options =>
        {
            options.Loss = 0.3;
            options.Seed = seed;
        });
        (Socket sender, _) = wire.Datagrams();
        await wire.SendNumberedAsync(sender, count);
        return [.. wire.Packets.Where(p => p.DropReason == DropReason.Loss).Select(p => p.Sequence)];
    }
}
