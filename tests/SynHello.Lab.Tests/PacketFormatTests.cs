using System.Net;

namespace SynHello.Lab.Tests;

/// <summary>What the wire reads of packets and does to them, on packets built by hand.</summary>
public sealed class PacketFormatTests
{
    private static readonly byte[] Mss = [2, 4, 5, 0xB4];

    [Fact]
    public void IpPacket_ReadsTcp()
    {
        byte[] bytes = Packets.Tcp(1000, 443, Packets.Syn, Mss, [1, 2, 3]);

        Assert.True(IpPacket.TryParse(bytes, out IpPacket packet));

        Assert.Equal((1000, 443), (packet.SourcePort, packet.DestinationPort));
        Assert.True(packet.IsSyn && !packet.IsSynAck);
        Assert.Equal([1, 2, 3], packet.Payload.ToArray());
        Assert.Equal(Packets.Near, new IPAddress(packet.Source));
        Assert.Equal(Packets.Far, new IPAddress(packet.Destination));
        Assert.Equal(0, InternetChecksum.OfTransport(packet));
    }

    [Fact]
    public void IpPacket_RefusesEveryTruncation()
    {
        byte[] bytes = Packets.Tcp(1000, 443, Packets.Syn, Mss, [1, 2, 3]);

        for (int length = 0; length < bytes.Length; length++)
            Assert.False(IpPacket.TryParse(bytes.AsSpan(0, length), out _));
        Assert.False(IpPacket.TryParse([.. bytes, 0], out _));
    }

    [Fact]
    public void IpPacket_SurvivesEverySingleByteChange()
    {
        byte[] options = [34, 2, 1, 1, 254, 4, 0xF9, 0x89];
        byte[] original = Packets.Tcp(1000, 443, Packets.Syn, options, [1, 2, 3]);
        var flows = new FlowTable(8);

        for (int at = 0; at < original.Length; at++)
        {
            for (int value = 0; value < 256; value++)
            {
                byte[] bytes = [.. original];
                bytes[at] = (byte)value;
                FastOpenOption.Strip(bytes);
                if (!IpPacket.TryParse(bytes, out IpPacket packet))
                    continue;
                flows.Classify(packet);
                AddressSwap.Apply(bytes);
            }
        }

        Assert.InRange(flows.Count, 1, 8);
    }

    [Fact]
    public void AddressSwap_TurnsThePacketAndKeepsItsChecksums()
    {
        byte[] bytes = Packets.Tcp(1000, 443, Packets.Ack, payload: [1, 2, 3, 4, 5]);
        byte[] original = [.. bytes];

        AddressSwap.Apply(bytes);

        Assert.Equal((Packets.Far, Packets.Near), (Packets.Source(bytes), Packets.Destination(bytes)));
        Assert.True(Packets.HasValidChecksums(bytes));
        AddressSwap.Apply(bytes);
        Assert.Equal(original, bytes);
    }

    [Theory]
    [InlineData("22020101")]
    [InlineData("220A0102030405060708")]
    [InlineData("FE04F989")]
    [InlineData("FD0CF9890102030405060708")]
    [InlineData("020405B4" + "0402" + "0101" + "2206AABBCCDD" + "0303070000")]
    public void Strip_RemovesTheOptionAndKeepsTheDataAndTheChecksumRight(string options)
    {
        byte[] bytes = Packets.Tcp(1000, 443, Packets.Syn, Convert.FromHexString(options), [9, 8, 7]);
        Assert.True(FastOpenOption.IsPresent(bytes));
        int length = bytes.Length;

        Assert.True(FastOpenOption.Strip(bytes));

        Assert.False(FastOpenOption.IsPresent(bytes));
        Assert.Equal(length, bytes.Length);
        Assert.Equal([9, 8, 7], bytes[^3..]);
        Assert.True(Packets.HasValidChecksums(bytes));
    }

    [Theory]
    [InlineData("020405B4")]
    [InlineData("FE041234")]
    [InlineData("00000000220A0102030405060708")]
    [InlineData("2201")]
    [InlineData("22FF0101")]
    public void Strip_LeavesOtherOptionsAlone(string options)
    {
        byte[] bytes = Packets.Tcp(1000, 443, Packets.Syn, Convert.FromHexString(options));
        byte[] original = [.. bytes];

        Assert.False(FastOpenOption.Strip(bytes));

        Assert.Equal(original, bytes);
    }

    [Fact]
    public void Strip_LeavesSegmentsOfAnOpenConnectionAlone()
    {
        byte[] bytes = Packets.Tcp(1000, 443, Packets.Ack, [34, 2, 1, 1]);

        Assert.False(FastOpenOption.Strip(bytes));
    }

    [Fact]
    public void WithSourcePort_ChangesThePortAndCorrectsTheChecksum()
    {
        byte[] bytes = Packets.Tcp(1000, 443, Packets.Syn, Mss, [1, 2, 3]);
        byte[] original = [.. bytes];
        WirePacket packet = Described(bytes);

        for (int port = 1; port <= ushort.MaxValue; port++)
        {
            WirePacket other = packet.WithSourcePort(port);
            Assert.True(IpPacket.TryParse(other.Bytes.Span, out IpPacket parsed));
            Assert.Equal((port, 443), (parsed.SourcePort, parsed.DestinationPort));
            Assert.True(Packets.HasValidChecksums(other.Bytes));
        }

        Assert.Equal(original, bytes);
        Assert.Equal(original, packet.WithSourcePort(7).WithSourcePort(1000).Bytes.ToArray());
    }

    [Fact]
    public void WithSourcePort_KnowsUdpsZero()
    {
        byte[] bytes = Packets.Udp(1000, 53, [1, 2, 3]);
        Assert.Equal([0, 0], Described(bytes).WithSourcePort(1001).Bytes.ToArray()[26..28]);

        // A port that makes the checksum come out as zero.
        bytes[26] = 0x12;
        bytes[27] = 0x34;
        byte[] changed = Described(bytes).WithSourcePort(1000 + 0x1234).Bytes.ToArray();
        Assert.Equal([0xFF, 0xFF], changed[26..28]);
    }

    [Fact]
    public void WithSourcePort_RefusesWhatHasNoPorts()
    {
        WirePacket packet = Described(Packets.Tcp(1000, 443, Packets.Syn));
        Assert.Throws<ArgumentOutOfRangeException>(() => packet.WithSourcePort(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => packet.WithSourcePort(65_536));

        WirePacket echo = Described(Packets.Ip(1, new byte[8], Packets.Near, Packets.Far));
        Assert.Throws<InvalidOperationException>(() => echo.WithSourcePort(1));
        byte[] fragment = Packets.Tcp(1000, 443, Packets.Syn);
        fragment[7] = 8;
        Assert.Throws<InvalidOperationException>(() => Described(fragment).WithSourcePort(1));
    }

    [Fact]
    public void FlowTable_TakesTheSenderOfTheSynForTheClient()
    {
        var flows = new FlowTable();

        Assert.Equal(PacketDirection.ClientToServer, Classify(flows, 50000, 443, Packets.Syn));
        Assert.Equal(PacketDirection.ServerToClient, Classify(flows, 443, 50000, Packets.Syn | Packets.Ack));
        Assert.Equal(PacketDirection.ClientToServer, Classify(flows, 50000, 443, Packets.Ack));
        Assert.Equal(PacketDirection.ServerToClient, Classify(flows, 443, 50000, Packets.Ack));

        // The same ports, opened from the other side; and a client with the lower port.
        Assert.Equal(PacketDirection.ClientToServer, Classify(flows, 443, 50000, Packets.Syn));
        Assert.Equal(PacketDirection.ServerToClient, Classify(flows, 50000, 443, Packets.Ack));
    }

    [Fact]
    public void FlowTable_TakesTheAddresseeOfASynAckForTheClient()
    {
        var flows = new FlowTable();

        Assert.Equal(PacketDirection.ServerToClient, Classify(flows, 443, 50000, Packets.Syn | Packets.Ack));
        Assert.Equal(PacketDirection.ClientToServer, Classify(flows, 50000, 443, Packets.Ack));
    }

    [Fact]
    public void FlowTable_TellsFarAddressesApart()
    {
        var flows = new FlowTable();
        IPAddress other = IPAddress.Parse("10.77.0.3");

        Classify(flows, 1000, 2000, Packets.Syn);
        Classify(flows, 2000, 1000, Packets.Syn, other);

        Assert.Equal(PacketDirection.ClientToServer, Classify(flows, 1000, 2000, Packets.Ack));
        Assert.Equal(PacketDirection.ServerToClient, Classify(flows, 1000, 2000, Packets.Ack, other));
    }

    [Fact]
    public void FlowTable_ForgetsTheOldestFlow()
    {
        var flows = new FlowTable(capacity: 2);

        for (ushort port = 1; port <= 3; port++)
            Classify(flows, port, 443, Packets.Syn);

        Assert.Equal(2, flows.Count);
        Assert.Equal(PacketDirection.ServerToClient, Classify(flows, 443, 3, Packets.Ack));
        Assert.Equal(PacketDirection.ServerToClient, Classify(flows, 443, 2, Packets.Ack));

        // Nobody remembers who opened this one, so whoever speaks first is its client.
        Assert.Equal(PacketDirection.ClientToServer, Classify(flows, 443, 1, Packets.Ack));
    }

    [Theory]
    [InlineData("10.77.0.2", true)]
    [InlineData("10.77.0.254", true)]
    [InlineData("10.77.0.255", false)]
    [InlineData("10.77.1.2", false)]
    [InlineData("224.0.0.22", false)]
    [InlineData("fd00::2", false)]
    public void FarEnd_IsTheNetworksUnicastAddresses(string address, bool expected)
    {
        var network = IPNetwork.Parse("10.77.0.0/24");

        Assert.Equal(expected, FarEnd.Contains(network, IPAddress.Parse(address).GetAddressBytes()));
    }

    [Fact]
    public void SeededChance_FollowsItsProbability()
    {
        var chance = new SeededChance(42, 1, 0.1);

        Assert.InRange(Enumerable.Range(0, 100_000).Count(n => chance.Happens(n)), 9_500, 10_500);
        Assert.All(Enumerable.Range(0, 1000), n => Assert.False(new SeededChance(42, 1, 0).Happens(n)));
        Assert.All(Enumerable.Range(0, 1000), n => Assert.True(new SeededChance(42, 1, 1).Happens(n)));
    }

    private static WirePacket Described(byte[] bytes) =>
        new(1, PacketDirection.ClientToServer, TimeSpan.Zero, DeliveredAt: null, bytes, DropReason: null);

    private static PacketDirection Classify(FlowTable flows, int from, int to, int flags, IPAddress? far = null)
    {
        byte[] bytes = Packets.Tcp((ushort)from, (ushort)to, (byte)flags, destination: far);
        Assert.True(IpPacket.TryParse(bytes, out IpPacket packet));
        return flows.Classify(packet);
    }
}
