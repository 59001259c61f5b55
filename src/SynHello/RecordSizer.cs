using System.Net.Sockets;

using SynHello.Sockets;

namespace SynHello;

/// <summary>One connection's record sizes. To be used by one writer at a time.</summary>
internal struct RecordSizer(RecordSizing sizing)
{
    private long? _lastWrite;
    private int _segment;
    private int _left = sizing.PacketSizedBytes;

    /// <summary>Says that a write begins.</summary>
    public void Begin(Socket socket, TimeProvider timeProvider)
    {
        if (sizing.PacketSizedBytes == 0)
            return;
        if (_lastWrite is { } last && timeProvider.GetElapsedTime(last) >= sizing.SilentTime)
            _left = sizing.PacketSizedBytes;
        if (_left > 0)
            _segment = TcpInfo.TryGet(socket, out TcpInfo info) ? info.SendMss : 0; // the path's may have changed
    }

    /// <summary>Says that a write has ended: what follows is silence.</summary>
    public void End(TimeProvider timeProvider)
    {
        if (sizing.PacketSizedBytes > 0)
            _lastWrite = timeProvider.GetTimestamp();
    }

    /// <summary>How much of the data the next record is to hold.</summary>
    /// <param name="length">How many bytes there are.</param>
    /// <param name="overhead">How many bytes a record has besides its data.</param>
    /// <param name="ahead">How many bytes leave in front of the record at the same time.</param>
    /// <param name="most">The most that one record may hold.</param>
    public int Take(int length, int overhead, int ahead, int most)
    {
        if (_left <= 0 || _segment <= overhead)
            return length;
        int room = _segment - (ahead % _segment) - overhead; // in the segment that the bytes in front leave unfilled
        int taken = Math.Min(Math.Min(length, most), room > 0 ? room : room + _segment);
        _left -= taken;
        return taken;
    }
}
