namespace SynHello.Lab;

/// <summary>
/// Keeps the packets of an <see cref="EmulatedWire"/> whose fate is known: delivered or dropped. A packet that a rule
/// duplicated is kept twice. Members may be called from any thread.
/// </summary>
/// <param name="maxBytes">
/// How many bytes of packets it keeps; later packets are only counted, in <see cref="Overlooked"/>. 64 MiB unless set.
/// </param>
public sealed class PacketRecorder(long maxBytes = 64L << 20) : IWireObserver
{
    private readonly Lock _gate = new();
    private readonly List<WirePacket> _packets = [];
    private long _bytes;
    private long _overlooked;

    /// <summary>How many packets did not fit in.</summary>
    public long Overlooked => Interlocked.Read(ref _overlooked);

    /// <summary>Returns what was recorded, in the order in which the packets were sent.</summary>
    public IReadOnlyList<WirePacket> Snapshot()
    {
        lock (_gate)
            return [.. _packets.OrderBy(packet => packet.Sequence)];
    }

    /// <summary>Forgets what was recorded.</summary>
    public void Clear()
    {
        lock (_gate)
        {
            _packets.Clear();
            _bytes = 0;
            _overlooked = 0;
        }
    }

    void IWireObserver.OnDelivered(in WirePacket packet) => Keep(packet);

    void IWireObserver.OnDropped(in WirePacket packet) => Keep(packet);

    private void Keep(in WirePacket packet)
    {
        lock (_gate)
        {
            if (_bytes + packet.Bytes.Length > maxBytes)
            {
                _overlooked++;
                return;
            }

            _bytes += packet.Bytes.Length;
            _packets.Add(packet.Copy());
        }
    }
}
