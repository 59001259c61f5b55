namespace SynHello.Capture;

/// <summary>
/// The packets of one TCP connection in the order of sending, and its two streams put together from them.
/// </summary>
internal sealed class TcpConversation
{
    private readonly List<ConnectionPacket> _packets = [];
    private uint? _clientFirst;
    private uint? _serverFirst;

    private TcpConversation()
    {
    }

    public IReadOnlyList<ConnectionPacket> Packets => _packets;

    public ByteStream ClientStream { get; } = new();

    public ByteStream ServerStream { get; } = new();

    /// <summary>The client's first SYN; null if the capture begins later.</summary>
    public ConnectionPacket? Syn { get; private set; }

    /// <summary>The server's first SYN-ACK that answers the SYN.</summary>
    public ConnectionPacket? SynAck { get; private set; }

    /// <summary>
    /// How many bytes of the SYN's payload the server acknowledged with its SYN-ACK (RFC 7413, section 4.2.2).
    /// </summary>
    public int SynBytesTaken { get; private set; }

    public int UnreadablePackets { get; private set; }

    public bool IsTruncated { get; private set; }

    public static TcpConversation Read(IEnumerable<CapturedPacket> packets, int maximumPackets)
    {
        var conversation = new TcpConversation();
        conversation.Load(packets, maximumPackets);
        conversation.FindHandshake();
        foreach (var packet in conversation._packets)
            conversation.Place(packet);
        foreach (var packet in conversation._packets.Where(p => p.DeliveredAt is not null).OrderBy(p => p.DeliveredAt))
            conversation.StreamOf(packet.Direction).AddDelivered(packet, packet.DeliveredAt.GetValueOrDefault());
        return conversation;
    }

    public ByteStream StreamOf(PacketDirection direction) =>
        direction == PacketDirection.ClientToServer ? ClientStream : ServerStream;

    private void Load(IEnumerable<CapturedPacket> packets, int maximumPackets)
    {
        var found = new List<ConnectionPacket>();
        foreach (var captured in packets)
        {
            ArgumentNullException.ThrowIfNull(captured, nameof(packets));
            if (captured.DeliveredAt < captured.SentAt)
                throw new ArgumentException("A packet is said to be delivered before it was sent.", nameof(packets));
            if (found.Count == maximumPackets)
            {
                IsTruncated = true;
                break;
            }

            if (TcpSegment.TryParse(captured.IpPacket, out var segment))
                found.Add(new ConnectionPacket(captured, segment));
            else
                UnreadablePackets++;
        }

        _packets.AddRange(found.OrderBy(p => p.SentAt));
    }

    private void FindHandshake()
    {
        const TcpFlags SynAndAck = TcpFlags.Syn | TcpFlags.Ack;
        Syn = _packets.Find(p =>
            p.Direction == PacketDirection.ClientToServer && (p.Segment.Flags & SynAndAck) == TcpFlags.Syn);
        _clientFirst = Syn is null
            ? FirstSequenceNumber(PacketDirection.ClientToServer)
            : Syn.Segment.SequenceNumber + 1;

        foreach (var packet in _packets)
        {
            if (packet.Direction != PacketDirection.ServerToClient || (packet.Segment.Flags & SynAndAck) != SynAndAck)
                continue;
            long acknowledged = Offset(packet.Segment.AcknowledgmentNumber, _clientFirst);
            if (Syn is not null && (acknowledged < 0 || acknowledged > LongestSynPayload()))
                continue;
            SynAck ??= packet;
            if (Syn is not null && packet.Segment.SequenceNumber == SynAck.Segment.SequenceNumber)
                SynBytesTaken = (int)Math.Max(SynBytesTaken, acknowledged);
        }

        _serverFirst = SynAck is null
            ? FirstSequenceNumber(PacketDirection.ServerToClient)
            : SynAck.Segment.SequenceNumber + 1;
    }

    // A retransmitted SYN carries no data as a rule, so the first is the longest; nothing forbids it, though.
    private int LongestSynPayload() => _packets
        .Where(p => p.IsSyn && p.Direction == PacketDirection.ClientToServer)
        .Max(p => p.Segment.Payload.Length);

    private uint? FirstSequenceNumber(PacketDirection direction) =>
        _packets.Find(p => p.Direction == direction && !p.IsReset)?.Segment.SequenceNumber;

    private void Place(ConnectionPacket packet)
    {
        bool isClient = packet.Direction == PacketDirection.ClientToServer;
        var segment = packet.Segment;
        if (segment.Flags.HasFlag(TcpFlags.Ack))
        {
            packet.AcknowledgedEnd =
                Math.Max(Offset(segment.AcknowledgmentNumber, isClient ? _serverFirst : _clientFirst), -1);
        }

        uint first = segment.SequenceNumber + (packet.IsSyn ? 1u : 0u);
        long start = Offset(first, isClient ? _clientFirst : _serverFirst);
        var bytes = segment.Payload;
        if (packet.IsSyn && start != 0)
            bytes = default; // The SYN of another connection between the same ports.
        else if (packet.IsSyn && isClient)
            bytes = bytes[..Math.Min(bytes.Length, SynBytesTaken)];
        if (start < 0)
        {
            bytes = bytes[(int)Math.Min(bytes.Length, -start)..];
            start = 0;
        }

        packet.StreamStart = start;
        packet.StreamBytes = bytes;
        StreamOf(packet.Direction).AddSent(packet);
        packet.IsRetransmission = packet.HasPayload && !bytes.IsEmpty && packet.NewStart is null
            || packet.IsSyn && packet != Syn && packet != SynAck
            || packet.HasPayload && bytes.IsEmpty && !packet.IsSyn;
    }

    // Sequence numbers wrap; within 2 GB of the start the difference tells the place (RFC 9293, section 3.4).
    private static long Offset(uint sequenceNumber, uint? first) =>
        first is { } zero ? unchecked((int)(sequenceNumber - zero)) : 0;
}
