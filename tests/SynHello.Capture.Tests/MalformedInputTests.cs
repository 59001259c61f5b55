using System.Xml.Linq;
using FsCheck;
using FsCheck.Fluent;

namespace SynHello.Capture.Tests;

/// <summary>Whatever the packets hold, they are read to the end, and the picture is drawn.</summary>
public sealed class MalformedInputTests
{
    private static readonly string[] SchemeNames = [.. Exchange.Schemes.Keys];

    [Fact]
    public void TcpSegment_NeverThrows() => Prop.ForAll(
        ArbMap.Default.ArbFor<byte[]>(),
        bytes =>
        {
            foreach (byte version in new byte[] { 0x45, 0x60, 0x4F })
            {
                byte[] packet = [version, .. bytes];
                if (TcpSegment.TryParse(packet, out var segment))
                    Touch(segment);
            }
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Ledger_NeverThrows_WhenBytesChange() => Prop.ForAll(
        Gen.Choose(0, int.MaxValue).ToArbitrary(),
        seed =>
        {
            var random = new Random(seed);
            var wire = Exchange.Run(SchemeNames[random.Next(SchemeNames.Length)], random.Next(2) == 0, random.Next(2) == 0);
            ReadAndDraw(wire.Packets.Select(packet => Change(packet, random)));
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Ledger_NeverThrows_WhenStreamsAreNonsense() => Prop.ForAll(
        Gen.Choose(0, int.MaxValue).ToArbitrary(),
        seed =>
        {
            var random = new Random(seed);
            ReadAndDraw(Enumerable.Range(0, random.Next(40)).Select(_ =>
            {
                byte[] payload = new byte[random.Next(60)];
                random.NextBytes(payload);
                if (payload.Length > 6)
                    new byte[] { (byte)random.Next(19, 26), 3, 3, 0, (byte)random.Next(60), (byte)random.Next(5) }.CopyTo(payload, 0);
                var isClient = random.Next(2) == 0;
                byte[] packet = WireBuilder.Packet(
                    isClient, (TcpFlags)random.Next(256), (uint)random.Next(100), (uint)random.Next(100), payload);
                var sentAt = TimeSpan.FromMilliseconds(random.Next(200));
                return new CapturedPacket(
                    sentAt,
                    random.Next(5) == 0 ? null : sentAt + TimeSpan.FromMilliseconds(random.Next(40)),
                    isClient ? PacketDirection.ClientToServer : PacketDirection.ServerToClient,
                    packet);
            }));
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Ledger_CountsTheSame_HoweverSegmentsAreCut() => Prop.ForAll(
        Gen.Choose(0, int.MaxValue).ToArbitrary(),
        seed =>
        {
            var random = new Random(seed);
            var whole = Exchange.Run(SchemeNames[random.Next(SchemeNames.Length)], random.Next(2) == 0);
            var expected = whole.Ledger();
            var ledger = RoundTripLedger.Read(whole.Packets.SelectMany(packet => Cut(packet, random)));
            Assert.Equal(expected.RequestSentRoundTrips, ledger.RequestSentRoundTrips);
            Assert.Equal(expected.FirstByteRoundTrips, ledger.FirstByteRoundTrips);
            Assert.Equal(expected.RequestSentAt, ledger.RequestSentAt);
            Assert.Equal(expected.FirstByteAt, ledger.FirstByteAt);
            Assert.Equal(expected.EarlyData, ledger.EarlyData);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void PcapReader_ThrowsNothingButInvalidData() => Prop.ForAll(
        Gen.Choose(0, int.MaxValue).ToArbitrary(),
        seed =>
        {
            var random = new Random(seed);
            byte[] file = PcapBytes.Of(
                PcapBytes.SeenAt(Exchange.Run("TLS 1.3", inSyn: true).Packets, PacketDirection.ClientToServer));
            for (int i = random.Next(6); i >= 0; i--)
                file[random.Next(random.Next(2) == 0 ? 60 : file.Length)] = (byte)random.Next(256);
            try
            {
                foreach (var flow in PcapReader.Read(new MemoryStream(file)).Flows)
                    ReadAndDraw(flow.Packets);
            }
            catch (InvalidDataException)
            {
                // The one exception that a bad file may cause.
            }
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Ledger_TakesLittleTimeForManySmallOverlaps()
    {
        // Every other byte first, then all of them again and again: 20,000 packets that only look for gaps.
        var packets = Enumerable.Range(0, 20_000).Select(i => new CapturedPacket(
            TimeSpan.FromMilliseconds(i),
            TimeSpan.FromMilliseconds(i + 1),
            PacketDirection.ClientToServer,
            WireBuilder.Packet(isClient: true, TcpFlags.Ack, i < 10_000 ? (uint)(20_000 - (2 * i)) : (uint)(i - 10_000), 0, new byte[1])));

        Assert.Equal(20_000, RoundTripLedger.Read(packets).Entries.Count);
    }

    private static void ReadAndDraw(IEnumerable<CapturedPacket> packets)
    {
        var ledger = RoundTripLedger.Read([.. packets]);
        using var writer = new StringWriter();
        LadderDiagram.WriteSvg(writer, [new LadderLane("lane", "", ledger)], TimeSpan.FromMilliseconds(56), "title");
        Assert.NotNull(XDocument.Parse(writer.ToString()).Root);
    }

    private static CapturedPacket Change(CapturedPacket packet, Random random)
    {
        byte[] bytes = packet.IpPacket.ToArray();
        for (int i = random.Next(4); i > 0; i--)
            bytes[random.Next(random.Next(2) == 0 ? Math.Min(60, bytes.Length) : bytes.Length)] = (byte)random.Next(256);
        return packet with { IpPacket = random.Next(10) == 0 ? bytes.AsMemory(0, random.Next(bytes.Length)) : bytes };
    }

    private static IEnumerable<CapturedPacket> Cut(CapturedPacket packet, Random random)
    {
        Assert.True(TcpSegment.TryParse(packet.IpPacket, out var segment));
        bool isClient = packet.Direction == PacketDirection.ClientToServer;
        int length = segment.Payload.Length;
        if (length < 2 || segment.Flags.HasFlag(TcpFlags.Syn))
        {
            yield return packet;
            yield break;
        }

        // Two parts that may overlap.
        int cut = random.Next(1, length);
        foreach (var (start, end) in new[] { (0, cut), (random.Next(cut + 1), length) })
        {
            yield return packet with
            {
                IpPacket = WireBuilder.Packet(
                    isClient,
                    segment.Flags,
                    segment.SequenceNumber + (uint)start,
                    segment.AcknowledgmentNumber,
                    segment.Payload[start..end].ToArray()),
            };
        }
    }

    private static void Touch(TcpSegment segment)
    {
        _ = segment.Source.Port + segment.Destination.Port + segment.Payload.Length + segment.Window;
        for (int kind = 2; kind < 256; kind++)
            segment.TryGetOption((byte)kind, out _);
    }
}
