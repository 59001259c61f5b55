namespace SynHello.Capture;

/// <summary>
/// A packet while its connection is analysed: the segment, its place in the stream, and what is found out.
/// </summary>
internal sealed class ConnectionPacket(CapturedPacket captured, TcpSegment segment)
{
    public PacketDirection Direction => captured.Direction;

    public TimeSpan SentAt => captured.SentAt;

    public TimeSpan? DeliveredAt => captured.DeliveredAt;

    public TcpSegment Segment => segment;

    public bool IsSyn => segment.Flags.HasFlag(TcpFlags.Syn);

    public bool IsFin => segment.Flags.HasFlag(TcpFlags.Fin);

    public bool IsReset => segment.Flags.HasFlag(TcpFlags.Rst);

    public bool HasPayload => !segment.Payload.IsEmpty;

    /// <summary>The payload that counts: all of it, but of a SYN only what the server took.</summary>
    public ReadOnlyMemory<byte> StreamBytes { get; set; }

    /// <summary>Where <see cref="StreamBytes"/> begins in its stream; 0 is the byte after the SYN.</summary>
    public long StreamStart { get; set; }

    public long StreamEnd => StreamStart + StreamBytes.Length;

    /// <summary>
    /// How much of the other stream the packet acknowledges: -1 nothing, 0 the SYN, n the SYN and n bytes.
    /// </summary>
    public long AcknowledgedEnd { get; set; } = -1;

    /// <summary>The first byte of the stream that no earlier packet had sent; null if there is none.</summary>
    public long? NewStart { get; set; }

    public bool IsRetransmission { get; set; }

    public PacketContents Contents { get; set; }

    public int Depth { get; set; }
}
