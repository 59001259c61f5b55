using SynHello.Lab;

using Direction = SynHello.Capture.PacketDirection;

namespace SynHello.Cli.Race;

/// <summary>The packets of all measured connections, as a capture on the client's machine would show them.</summary>
internal static class RaceCapture
{
    public static void Write(Stream stream, RaceResult result)
    {
        using var writer = new PcapWriter(stream, result.StartedAt, leaveOpen: true);
        var packets = result.Rows
            .SelectMany(row => row.Connections)
            .SelectMany(connection => connection.Packets)
            .Select(packet => (
                At: packet.Direction == Direction.ClientToServer ? packet.SentAt : packet.DeliveredAt, packet.IpPacket))
            .Where(packet => packet.At is not null)
            .OrderBy(packet => packet.At);
        foreach ((TimeSpan? at, ReadOnlyMemory<byte> packet) in packets)
            writer.Write(at.GetValueOrDefault(), packet.Span);
    }
}
