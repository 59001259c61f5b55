namespace SynHello.Capture.Tests;

public sealed class PcapReaderTests
{
    private static byte[] File(bool isBigEndian = false, bool isNanoseconds = false) => PcapBytes.Of(
        PcapBytes.SeenAt(Exchange.Run("TLS 1.3", inSyn: true).Packets, PacketDirection.ClientToServer),
        isBigEndian,
        isNanoseconds);

    private static PcapCapture Read(byte[] file, PcapReaderOptions? options = null) =>
        PcapReader.Read(new MemoryStream(file), options);

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public void Read_KnowsBothByteOrdersAndResolutions(bool isBigEndian, bool isNanoseconds)
    {
        var flow = Assert.Single(Read(File(isBigEndian, isNanoseconds)).Flows);

        Assert.Equal("10.0.0.1:40000", flow.Client.ToString());
        Assert.Equal("10.0.0.2:443", flow.Server.ToString());
        var ledger = RoundTripLedger.Read(flow.Packets);
        Assert.Equal((1, 2), (ledger.RequestSentRoundTrips, ledger.FirstByteRoundTrips));
        Assert.Equal(517, ledger.SynPayloadBytesTaken);
        Assert.Equal(TimeSpan.FromMilliseconds(112.9), ledger.FirstByteAt);
    }

    [Theory]
    [MemberData(nameof(SchemesAndVantages))]
    public void Read_KeepsTheCountsOfACaptureAtOneEnd(string scheme, bool inSyn, CaptureVantage vantage)
    {
        var wire = Exchange.Run(scheme, inSyn);
        var leaving = vantage == CaptureVantage.Client ? PacketDirection.ClientToServer : PacketDirection.ServerToClient;
        byte[] file = PcapBytes.Of(PcapBytes.SeenAt(wire.Packets, leaving), isNanoseconds: true);

        var flow = Assert.Single(Read(file, new PcapReaderOptions { Vantage = vantage }).Flows);

        var expected = wire.Ledger();
        var ledger = RoundTripLedger.Read(flow.Packets);
        Assert.Equal(expected.RequestSentRoundTrips, ledger.RequestSentRoundTrips);
        Assert.Equal(expected.FirstByteRoundTrips, ledger.FirstByteRoundTrips);
    }

    public static TheoryData<string, bool, CaptureVantage> SchemesAndVantages()
    {
        var data = new TheoryData<string, bool, CaptureVantage>();
        foreach (string scheme in Exchange.Schemes.Keys)
        {
            foreach (bool inSyn in new[] { false, true })
            {
                data.Add(scheme, inSyn, CaptureVantage.Client);
                data.Add(scheme, inSyn, CaptureVantage.Server);
            }
        }

        return data;
    }

    [Fact]
    public void Read_EstimatesTheOtherEndFromTheFastestAnswer()
    {
        // The SYN-ACK was slow by 10 ms; later answers were not.
        var packets = new WireBuilder().Syn(0).SynAck(38).ClientAck(66)
            .Client(66, "request"u8.ToArray()).Server(94, "response"u8.ToArray()).Packets;
        byte[] file = PcapBytes.Of(PcapBytes.SeenAt(packets, PacketDirection.ClientToServer));

        var flow = Assert.Single(Read(file).Flows);

        Assert.Equal(TimeSpan.FromMilliseconds(94), flow.Packets[^1].SentAt);
        Assert.Equal(TimeSpan.FromMilliseconds(122), flow.Packets[^1].DeliveredAt);
        Assert.Equal(2, RoundTripLedger.Read(flow.Packets).FirstByteRoundTrips);
    }

    [Fact]
    public void Read_EndsInAClearErrorAtEveryCut()
    {
        byte[] file = File();
        int failed = 0;
        for (int length = 0; length < 1200; length++)
        {
            try
            {
                Read(file[..length]);
            }
            catch (InvalidDataException e)
            {
                failed++;
                Assert.Contains("ends", e.Message, StringComparison.Ordinal);
            }
        }

        // Only a cut between two packets is a whole file: after the header and the first four packets.
        Assert.InRange(failed, 1190, 1199);
    }

    [Fact]
    public void Read_RefusesWhatIsNotPcap()
    {
        Assert.Contains("pcapng", Assert.Throws<InvalidDataException>(
            () => Read([0x0A, 0x0D, 0x0D, 0x0A, .. new byte[20]])).Message, StringComparison.Ordinal);
        Assert.Contains("not a pcap", Assert.Throws<InvalidDataException>(
            () => Read(new byte[24])).Message, StringComparison.Ordinal);
        Assert.Contains("147", Assert.Throws<InvalidDataException>(
            () => Read(PcapBytes.Of([], linkType: 147))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_RefusesAPacketOfMonstrousLength()
    {
        byte[] file = PcapBytes.Of([(TimeSpan.Zero, new byte[4])]);
        file[24 + 11] = 0x7F;

        Assert.Contains("packet 1", Assert.Throws<InvalidDataException>(() => Read(file)).Message, StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData(1, "020202020202010101010101" + "0800")]
    [InlineData(1, "020202020202010101010101" + "81000005" + "0800")]
    [InlineData(113, "00000001000600000000000000000800")]
    [InlineData(276, "0800000000000001000100060000000000000000")]
    public void Read_KnowsLinkLayers(int linkType, string header)
    {
        byte[] packet = WireBuilder.Packet(isClient: true, TcpFlags.Syn, 1, 0, []);

        var capture = Read(PcapBytes.Of([(TimeSpan.Zero, [.. Convert.FromHexString(header), .. packet])], linkType: linkType));

        Assert.Equal(packet, Assert.Single(Assert.Single(capture.Flows).Packets).IpPacket.ToArray());
    }

    [Fact]
    public void Read_LeavesOutOtherPackets()
    {
        byte[] arp = [.. Convert.FromHexString("ffffffffffff0101010101010806"), .. new byte[28]];

        var capture = Read(PcapBytes.Of([(TimeSpan.Zero, arp), (TimeSpan.Zero, new byte[3])], linkType: 1));

        Assert.Empty(capture.Flows);
        Assert.Equal(2, capture.OtherPackets);
    }

    [Fact]
    public void Read_BeginsAnotherConnectionWhenPortsAreUsedAgain()
    {
        byte[] Packet(uint number) => WireBuilder.Packet(isClient: true, TcpFlags.Syn, number, 0, []);

        var capture = Read(PcapBytes.Of([(TimeSpan.Zero, Packet(1)), (TimeSpan.Zero, Packet(1)), (TimeSpan.Zero, Packet(9))]));

        Assert.Equal([2, 1], capture.Flows.Select(flow => flow.Packets.Count));
    }

    [Fact]
    public void Limits_BoundWhatIsKept()
    {
        var packets = Enumerable.Range(0, 6).Select(i => (
            TimeSpan.Zero, WireBuilder.Packet(isClient: true, TcpFlags.Syn, (uint)(i / 3), 0, new byte[100])));
        byte[] file = PcapBytes.Of(packets);

        var fewFlows = Read(file, new PcapReaderOptions { MaximumFlows = 1 });
        Assert.Equal((1, 3), (fewFlows.Flows.Count, fewFlows.PacketsBeyondLimits));
        var fewPackets = Read(file, new PcapReaderOptions { MaximumPacketsPerFlow = 2 });
        Assert.Equal((2, 2), (fewPackets.Flows.Count, fewPackets.PacketsBeyondLimits));
        var fewBytes = Read(file, new PcapReaderOptions { MaximumBytes = 300 });
        Assert.Equal((1, 4), (fewBytes.Flows.Count, fewBytes.PacketsBeyondLimits));
    }
}
