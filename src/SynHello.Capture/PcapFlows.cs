using System.Net;

namespace SynHello.Capture;

/// <summary>Sorts the packets of a capture into TCP connections, within limits.</summary>
internal sealed class PcapFlows(PcapReaderOptions options)
{
    private readonly Dictionary<(IPEndPoint, IPEndPoint), Flow> _current = [];
    private readonly List<Flow> _flows = [];
    private long _bytes;
    private long _others;
    private long _beyondLimits;

    /// <summary>Adds a packet; its bytes are copied.</summary>
    public void Add(TimeSpan time, ReadOnlyMemory<byte> ipPacket)
    {
        if (!TcpSegment.TryParse(ipPacket, out var segment))
        {
            _others++;
            return;
        }

        var flow = FlowOf(segment);
        if (flow is null
            || flow.Packets.Count == options.MaximumPacketsPerFlow
            || ipPacket.Length > options.MaximumBytes - _bytes)
        {
            _beyondLimits++;
            return;
        }

        byte[] copy = ipPacket.ToArray();
        _bytes += copy.Length;
        if (TcpSegment.TryParse(copy, out segment))
            flow.Packets.Add((time, copy, segment));
    }

    public PcapCapture ToCapture() =>
        new([.. _flows.Where(flow => flow.Packets.Count > 0).Select(ToFlow)], _others, _beyondLimits);

    private Flow? FlowOf(TcpSegment segment)
    {
        var source = segment.Source;
        var destination = segment.Destination;
        var flow = _current.GetValueOrDefault((source, destination)) ?? _current.GetValueOrDefault((destination, source));
        bool isSyn = (segment.Flags & (TcpFlags.Syn | TcpFlags.Ack)) == TcpFlags.Syn;

        // Ports are used again: a SYN with another number begins another connection.
        bool isNew = flow is null || (isSyn && flow.ClientSyn is { } number && number != segment.SequenceNumber);
        if (isNew)
        {
            if (_flows.Count == options.MaximumFlows)
                return null;
            if (flow is not null)
                _current.Remove((flow.Client, flow.Server));
            bool fromClient = isSyn
                || (!segment.Flags.HasFlag(TcpFlags.Syn) && segment.SourcePort >= segment.DestinationPort);
            flow = fromClient ? new Flow(source, destination) : new Flow(destination, source);
            _flows.Add(flow);
            _current.Add((flow.Client, flow.Server), flow);
        }

        if (isSyn && flow!.Client.Equals(source))
            flow.ClientSyn ??= segment.SequenceNumber;
        return flow;
    }

    private PcapFlow ToFlow(Flow flow)
    {
        bool localIsClient = options.Vantage == CaptureVantage.Client;
        var crossing = CrossingTime(flow, localIsClient ? flow.Client : flow.Server);
        var packets = new List<CapturedPacket>(flow.Packets.Count);
        foreach (var (time, bytes, segment) in flow.Packets)
        {
            bool isClient = segment.Source.Equals(flow.Client);
            bool isLocal = isClient == localIsClient;
            packets.Add(new CapturedPacket(
                isLocal ? time : time - crossing,
                isLocal ? time + crossing : time,
                isClient ? PacketDirection.ClientToServer : PacketDirection.ServerToClient,
                bytes));
        }

        return new PcapFlow(flow.Client, flow.Server, packets);
    }

    // Half of the shortest time from a packet's leaving the capturing end to the arrival of its acknowledgement.
    private static TimeSpan CrossingTime(Flow flow, IPEndPoint local)
    {
        var shortest = TimeSpan.MaxValue;
        var waiting = new Queue<(uint End, TimeSpan SentAt, int Number)>();
        uint? highest = null;
        int number = 0;
        int firstSure = 0;
        foreach (var (time, _, segment) in flow.Packets)
        {
            bool isSyn = segment.Flags.HasFlag(TcpFlags.Syn);
            bool isFin = segment.Flags.HasFlag(TcpFlags.Fin);
            if (segment.Source.Equals(local))
            {
                if (segment.Payload.IsEmpty && !isSyn && !isFin)
                    continue;
                // Data in a SYN may be left unacknowledged and sent again; the SYN itself is acknowledged once.
                uint end = segment.SequenceNumber + (isSyn ? 1u : (uint)segment.Payload.Length + (isFin ? 1u : 0u));
                number++;
                if (highest is { } sent && !IsAfter(end, sent))
                {
                    firstSure = number;
                    continue;
                }

                highest = end;
                waiting.Enqueue((end, time, number));
            }
            else if (segment.Flags.HasFlag(TcpFlags.Ack))
            {
                while (waiting.TryPeek(out var packet) && !IsAfter(packet.End, segment.AcknowledgmentNumber))
                {
                    waiting.Dequeue();
                    if (packet.Number > firstSure && time - packet.SentAt < shortest)
                        shortest = time - packet.SentAt;
                }
            }
        }

        return shortest == TimeSpan.MaxValue || shortest < TimeSpan.Zero ? TimeSpan.Zero : new(shortest.Ticks / 2);
    }

    private static bool IsAfter(uint left, uint right) => unchecked((int)(left - right)) > 0;

    private sealed class Flow(IPEndPoint client, IPEndPoint server)
    {
        public IPEndPoint Client => client;

        public IPEndPoint Server => server;

        public uint? ClientSyn { get; set; }

        public List<(TimeSpan Time, byte[] Bytes, TcpSegment Segment)> Packets { get; } = [];
    }
}
