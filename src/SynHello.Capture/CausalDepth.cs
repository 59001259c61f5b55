namespace SynHello.Capture;

/// <summary>
/// Gives each packet its depth: the crossings of the wire that had to be complete before it was sent. The rule is in
/// the
/// remarks of <see cref="RoundTripLedger"/>.
/// </summary>
internal sealed class CausalDepth
{
    private static readonly TimeSpan LongestReleaseTime = TimeSpan.FromMilliseconds(5);

    private readonly TcpConversation _tcp;
    private readonly TlsConversation _tls;
    private readonly TimeSpan _releaseTime;
    private readonly End _client;
    private readonly End _server;

    // Deliveries at one time keep the order in which they were sent.
    private readonly PriorityQueue<ConnectionPacket, (TimeSpan At, int Order)> _onTheWire = new();
    private int _sent;

    private CausalDepth(TcpConversation tcp, TlsConversation tls)
    {
        _tcp = tcp;
        _tls = tls;
        _releaseTime = ReleaseTime(tcp.Packets);
        _client = new End(tls.PostHandshakeStart);
        _server = new End(long.MaxValue);
    }

    /// <summary>Sets <see cref="ConnectionPacket.Depth"/> of every packet.</summary>
    public static void Assign(TcpConversation tcp, TlsConversation tls)
    {
        var depths = new CausalDepth(tcp, tls);
        foreach (var packet in tcp.Packets)
        {
            depths.DeliverUntil(packet.SentAt);
            depths.Send(packet);
        }
    }

    private void DeliverUntil(TimeSpan time)
    {
        while (_onTheWire.TryPeek(out var packet, out var key) && key.At <= time)
        {
            _onTheWire.Dequeue();
            bool toServer = packet.Direction == PacketDirection.ClientToServer;
            (toServer ? _server : _client).Receive(packet, key.At);
        }
    }

    private void Send(ConnectionPacket packet)
    {
        var end = packet.Direction == PacketDirection.ClientToServer ? _client : _server;
        if (packet.IsRetransmission)
            packet.Depth = FirstSentDepth(packet);
        else if (packet.NewStart is { } newStart)
            packet.Depth = end.Depth = DataDepth(end, packet, newStart);
        else if (packet.IsSyn || packet.IsFin)
            packet.Depth = end.Depth = Math.Max(end.Depth, end.Received.Depth + 1);
        else
            packet.Depth = Math.Max(end.Depth, end.DeepestArrival + 1);

        if (packet.DeliveredAt is { } deliveredAt)
            _onTheWire.Enqueue(packet, (deliveredAt, _sent++));
    }

    private int DataDepth(End end, ConnectionPacket packet, long newStart)
    {
        bool isClient = packet.Direction == PacketDirection.ClientToServer;
        var sender = _tcp.StreamOf(packet.Direction);
        bool beginsRequest = isClient
            && _tls.IsFirstRequest
            && _tls.RequestStart is { } request
            && request >= newStart
            && sender.SenderOf(request) == packet;
        int needed = beginsRequest ? end.Received.DepthBelowLimit : end.Received.Depth;
        int depth = Math.Max(end.Depth, needed + 1);

        var record = _tls.RecordHolding(packet.Direction, newStart);
        foreach (var (at, acknowledgedEnd, ackDepth) in end.Acknowledgements)
        {
            bool completesHandshake = !isClient && !end.HasSentData && _tcp.SynBytesTaken == 0;
            bool heldWithinRecord = record is not null && record.Start < newStart && acknowledgedEnd > record.Start;
            bool released = end.HasSentData && packet.SentAt - at <= _releaseTime;
            if (completesHandshake || heldWithinRecord || released)
                depth = Math.Max(depth, ackDepth + 1);
        }

        end.Acknowledgements.Clear();
        end.HasSentData = true;
        return depth;
    }

    private int FirstSentDepth(ConnectionPacket packet)
    {
        if (packet.StreamBytes.IsEmpty)
            return (packet.Direction == PacketDirection.ClientToServer ? _tcp.Syn : _tcp.SynAck)?.Depth ?? 0;
        return _tcp.StreamOf(packet.Direction).SenderOf(packet.StreamStart)?.Depth ?? 0;
    }

    // What an acknowledgement sets free leaves at once. An eighth of the wire's round trip is far from what a packet
    // that waits for something else would take, and 5 ms is more than a busy machine needs.
    private static TimeSpan ReleaseTime(IReadOnlyList<ConnectionPacket> packets)
    {
        var there = TimeSpan.MaxValue;
        var back = TimeSpan.MaxValue;
        foreach (var packet in packets)
        {
            if (packet.DeliveredAt - packet.SentAt is not { } crossing)
                continue;
            if (packet.Direction == PacketDirection.ClientToServer)
                there = crossing < there ? crossing : there;
            else
                back = crossing < back ? crossing : back;
        }

        if (there == TimeSpan.MaxValue || back == TimeSpan.MaxValue)
            return TimeSpan.Zero;
        var eighth = (there / 8) + (back / 8);
        return eighth < LongestReleaseTime ? eighth : LongestReleaseTime;
    }

    /// <summary>What one end of the connection has sent and received so far.</summary>
    private sealed class End(long postHandshakeStart)
    {
        private long _acknowledgedEnd = -1;

        /// <summary>The depth of the end's latest data.</summary>
        public int Depth { get; set; }

        public bool HasSentData { get; set; }

        public ReceivedBytes Received { get; } = new(postHandshakeStart);

        /// <summary>The deepest packet that arrived and asks for an acknowledgement, readable or not.</summary>
        public int DeepestArrival { get; private set; } = -1;

        /// <summary>New acknowledgements of this end's data since it last sent data.</summary>
        public List<(TimeSpan At, long AcknowledgedEnd, int Depth)> Acknowledgements { get; } = [];

        public void Receive(ConnectionPacket packet, TimeSpan at)
        {
            if (packet.IsSyn || packet.IsFin)
                Received.AddControl(packet.Depth);
            if (!packet.StreamBytes.IsEmpty)
                Received.Add(packet.StreamStart, packet.StreamEnd, packet.Depth);
            if (packet.IsSyn || packet.IsFin || packet.HasPayload)
                DeepestArrival = Math.Max(DeepestArrival, packet.Depth);
            if (packet.AcknowledgedEnd > _acknowledgedEnd)
            {
                _acknowledgedEnd = packet.AcknowledgedEnd;
                Acknowledgements.Add((at, packet.AcknowledgedEnd, packet.Depth));
            }
        }
    }
}
