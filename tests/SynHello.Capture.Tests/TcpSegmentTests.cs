using System.Net;

namespace SynHello.Capture.Tests;

public sealed class TcpSegmentTests
{
    private static readonly byte[] Payload = "payload"u8.ToArray();

    private static byte[] Packet(bool isIPv6 = false) =>
        WireBuilder.Packet(isClient: true, TcpFlags.Ack | TcpFlags.Psh, 7, 9, Payload, [2, 4, 5, 0xB4], isIPv6);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void TryParse_ReadsTheFields(bool isIPv6)
    {
        byte[] padded = [.. Packet(isIPv6), 0, 0, 0];

        Assert.True(TcpSegment.TryParse(padded, out var segment));

        var source = isIPv6 ? IPAddress.Parse("fd00::1") : IPAddress.Parse("10.0.0.1");
        var destination = isIPv6 ? IPAddress.Parse("fd00::2") : IPAddress.Parse("10.0.0.2");
        Assert.Equal(new IPEndPoint(source, 40000), segment.Source);
        Assert.Equal(new IPEndPoint(destination, 443), segment.Destination);
        Assert.Equal((7u, 9u), (segment.SequenceNumber, segment.AcknowledgmentNumber));
        Assert.Equal(TcpFlags.Ack | TcpFlags.Psh, segment.Flags);
        Assert.Equal(64240, segment.Window);
        Assert.Equal(Payload, segment.Payload.ToArray());
        Assert.True(segment.TryGetOption(2, out var mss));
        Assert.Equal([5, 0xB4], mss.ToArray());
    }

    [Fact]
    public void TryParse_SkipsIPv4Options()
    {
        byte[] packet = Packet();
        byte[] longer = [.. packet[..20], 1, 1, 1, 0, .. packet[20..]];
        longer[0] = 0x46;
        longer[3] += 4;

        Assert.True(TcpSegment.TryParse(longer, out var segment));
        Assert.Equal(Payload, segment.Payload.ToArray());
    }

    [Fact]
    public void TryParse_SkipsIPv6ExtensionHeaders()
    {
        byte[] packet = Packet(isIPv6: true);
        byte[] hopByHop = [60, 1, .. new byte[14]];
        byte[] destination = [6, 0, .. new byte[6]];
        byte[] longer = [.. packet[..40], .. hopByHop, .. destination, .. packet[40..]];
        longer[6] = 0;
        longer[5] += 24;

        Assert.True(TcpSegment.TryParse(longer, out var segment));
        Assert.Equal(Payload, segment.Payload.ToArray());
    }

    [Theory]
    [InlineData(0, 0x55)] // IP version 5
    [InlineData(0, 0x44)] // header shorter than 20
    [InlineData(0, 0x4F)] // IPv4 header of 60 bytes: no room for TCP
    [InlineData(2, 0xFF)] // longer than the packet
    [InlineData(6, 0x20)] // more fragments
    [InlineData(7, 0x01)] // a later fragment
    [InlineData(9, 17)] // UDP
    [InlineData(32, 0x40)] // TCP header shorter than 20
    [InlineData(32, 0xF0)] // TCP header longer than the segment
    public void TryParse_RefusesContradictions(int offset, byte value)
    {
        byte[] packet = Packet();
        packet[offset] = value;

        Assert.False(TcpSegment.TryParse(packet, out _));
    }

    [Fact]
    public void TryParse_RefusesEveryCut()
    {
        foreach (bool isIPv6 in new[] { false, true })
        {
            byte[] packet = Packet(isIPv6);
            for (int length = 0; length < packet.Length; length++)
                Assert.False(TcpSegment.TryParse(packet.AsMemory(0, length), out _));
        }
    }

    [Fact]
    public void Default_IsEmpty()
    {
        TcpSegment segment = default;

        Assert.True(segment.Payload.IsEmpty);
        Assert.True(segment.Options.IsEmpty);
        Assert.True(segment.SourceAddress.IsEmpty);
        Assert.Equal(TcpFlags.None, segment.Flags);
        Assert.Equal(0, segment.SourcePort);
        Assert.False(segment.TryGetOption(34, out _));
    }
}
