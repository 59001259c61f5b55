namespace SynHello.Lab;

/// <summary>A packet between entering and leaving the wire. Its buffer is pinned and is used again.</summary>
internal sealed class PacketInFlight(int capacity)
{
    /// <summary>The packet as the client sees it (see <see cref="WirePacket"/>).</summary>
    public byte[] Buffer { get; } = GC.AllocateUninitializedArray<byte>(capacity, pinned: true);

    public int Length { get; set; }

    public long Sequence { get; set; }

    public PacketDirection Direction { get; set; }

    /// <summary>When it entered the wire, as a <see cref="System.Diagnostics.Stopwatch"/> timestamp.</summary>
    public long SentAt { get; set; }

    public Span<byte> Bytes => Buffer.AsSpan(0, Length);

    public void CopyTo(PacketInFlight other)
    {
        Bytes.CopyTo(other.Buffer);
        other.Length = Length;
        other.Sequence = Sequence;
        other.Direction = Direction;
        other.SentAt = SentAt;
    }
}
