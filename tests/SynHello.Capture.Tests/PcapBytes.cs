using System.Buffers.Binary;

namespace SynHello.Capture.Tests;

/// <summary>Writes packets as a classic pcap file.</summary>
internal static class PcapBytes
{
    public static byte[] Of(
        IEnumerable<(TimeSpan Time, byte[] Frame)> packets, bool isBigEndian = false, bool isNanoseconds = false, int linkType = 101)
    {
        var file = new MemoryStream();
        Write32(isNanoseconds ? 0xA1B23C4D : 0xA1B2C3D4);
        Write32(isBigEndian ? 0x00020004u : 0x00040002u);
        Write32(0);
        Write32(0);
        Write32(262_144);
        Write32((uint)linkType);
        foreach (var (time, frame) in packets)
        {
            long ticks = time.Ticks % TimeSpan.TicksPerSecond;
            Write32((uint)(1_800_000_000 + (time.Ticks / TimeSpan.TicksPerSecond)));
            Write32((uint)(isNanoseconds ? ticks * 100 : ticks / 10));
            Write32((uint)frame.Length);
            Write32((uint)frame.Length);
            file.Write(frame);
        }

        return file.ToArray();

        void Write32(uint value)
        {
            Span<byte> bytes = stackalloc byte[4];
            if (isBigEndian)
                BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
            else
                BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
            file.Write(bytes);
        }
    }

    /// <summary>What a capture at one end sees: the time of leaving or of arrival.</summary>
    public static IEnumerable<(TimeSpan Time, byte[] Frame)> SeenAt(IEnumerable<CapturedPacket> packets, PacketDirection leaving) =>
        packets
            .Where(packet => packet.Direction == leaving || packet.DeliveredAt is not null)
            .Select(packet => (
                packet.Direction == leaving ? packet.SentAt : packet.DeliveredAt.GetValueOrDefault(),
                packet.IpPacket.ToArray()))
            .OrderBy(packet => packet.Item1);
}
