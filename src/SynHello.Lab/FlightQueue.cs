using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace SynHello.Lab;

/// <summary>
/// The packets in flight, the next due first and equals in the order in which they were put in, and the buffers that
/// are free again. One thread at a time; allocates only while it grows.
/// </summary>
internal sealed class FlightQueue(int bufferLength, int maxInFlight)
{
    private readonly PriorityQueue<PacketInFlight, Due> _inFlight = new(DueComparer.Instance);
    private readonly Stack<PacketInFlight> _free = new();
    private long _order;

    public bool IsFull => _inFlight.Count >= maxInFlight;

    public PacketInFlight Rent() =>
        _free.TryPop(out PacketInFlight? packet) ? packet : new PacketInFlight(bufferLength);

    public void Return(PacketInFlight packet) => _free.Push(packet);

    public void Enqueue(PacketInFlight packet, long dueAt) => _inFlight.Enqueue(packet, new Due(dueAt, _order++));

    /// <summary>When the next packet is due; null when none is in flight.</summary>
    public long? NextDueAt => _inFlight.TryPeek(out _, out Due due) ? due.At : null;

    public bool TryDequeueDue(long now, [NotNullWhen(true)] out PacketInFlight? packet)
    {
        if (_inFlight.TryPeek(out packet, out Due due) && due.At <= now)
        {
            _inFlight.Dequeue();
            return true;
        }

        packet = null;
        return false;
    }

    [StructLayout(LayoutKind.Auto)]
    private readonly record struct Due(long At, long Order);

    private sealed class DueComparer : IComparer<Due>
    {
        public static readonly DueComparer Instance = new();

        public int Compare(Due x, Due y) => x.At != y.At ? x.At.CompareTo(y.At) : x.Order.CompareTo(y.Order);
    }
}
