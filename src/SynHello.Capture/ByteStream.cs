namespace SynHello.Capture;

/// <summary>
/// One direction of a TCP connection put together again from its packets: which packet first sent each byte, and when
/// each byte could be read at the other end. Of contradicting copies of a byte the first sent counts.
/// </summary>
internal sealed class ByteStream
{
    private readonly List<Piece> _pieces = [];
    private readonly List<(TimeSpan At, long End)> _readable = [];
    private readonly ReceivedBytes _received = new();

    /// <summary>Adds a packet in the order of sending, and notes in it which of its bytes are new.</summary>
    public void AddSent(ConnectionPacket packet)
    {
        long at = packet.StreamStart;
        long end = packet.StreamEnd;
        for (int i = IndexOfFirstEndingAfter(at); at < end; i++)
        {
            long gapEnd = i < _pieces.Count ? Math.Min(_pieces[i].Start, end) : end;
            if (at < gapEnd)
            {
                var bytes = packet.StreamBytes.Slice((int)(at - packet.StreamStart), (int)(gapEnd - at));
                _pieces.Insert(i++, new Piece(at, bytes, packet));
                packet.NewStart ??= at;
            }

            if (i < _pieces.Count)
                at = Math.Max(at, _pieces[i].End);
            else
                at = end;
        }
    }

    /// <summary>Adds a packet in the order of delivery.</summary>
    public void AddDelivered(ConnectionPacket packet, TimeSpan deliveredAt)
    {
        if (packet.StreamBytes.IsEmpty)
            return;
        long before = _received.End;
        _received.Add(packet.StreamStart, packet.StreamEnd, depth: 0);
        if (_received.End > before)
            _readable.Add((deliveredAt, _received.End));
    }

    /// <summary>When the byte at an offset, and all before it, had reached the other end; null if never.</summary>
    public TimeSpan? ReadableAt(long offset)
    {
        int low = 0;
        int high = _readable.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (_readable[middle].End > offset)
                high = middle;
            else
                low = middle + 1;
        }

        return low < _readable.Count ? _readable[low].At : null;
    }

    /// <summary>The packet that first sent the byte at an offset; null if none did.</summary>
    public ConnectionPacket? SenderOf(long offset)
    {
        int i = IndexOfFirstEndingAfter(offset);
        return i < _pieces.Count && _pieces[i].Start <= offset ? _pieces[i].Packet : null;
    }

    /// <summary>Copies bytes from an offset on; stops at the first byte that no packet sent.</summary>
    /// <returns>How many bytes were copied.</returns>
    public int Read(long offset, Span<byte> destination)
    {
        int copied = 0;
        for (int i = IndexOfFirstEndingAfter(offset); i < _pieces.Count && copied < destination.Length; i++)
        {
            if (_pieces[i].Start > offset + copied)
                break;
            var from = _pieces[i].Bytes.Span[(int)(offset + copied - _pieces[i].Start)..];
            int count = Math.Min(from.Length, destination.Length - copied);
            from[..count].CopyTo(destination[copied..]);
            copied += count;
        }

        return copied;
    }

    private int IndexOfFirstEndingAfter(long offset)
    {
        int low = 0;
        int high = _pieces.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (_pieces[middle].End > offset)
                high = middle;
            else
                low = middle + 1;
        }

        return low;
    }

    private readonly record struct Piece(long Start, ReadOnlyMemory<byte> Bytes, ConnectionPacket Packet)
    {
        public long End => Start + Bytes.Length;
    }
}
