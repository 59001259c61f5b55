using System.Net.Sockets;

using SynHello.Sockets;

namespace SynHello;

/// <summary>One connection's record sizes. To be used by one writer at a time.</summary>
internal struct RecordSizer(RecordSizing sizing)
{
    private long _lastWrite;
    private int _segment;
    private int _left = sizing.PacketSizedBytes;

    /// <summary>Says that a write begins.</summary>
    public void Begin(Socket socket, TimeProvider timeProvider)
    {
        if (sizing.PacketSizedBytes == 0)
            return;
        long now = timeProvider.GetTimestamp();
        if (_lastWrite != 0 && timeProvider.GetElapsedTime(_lastWrite, now) >= sizing.SilentTime)
            _left = sizing.PacketSizedBytes;
        _lastWrite = now;
        if (_left > 0)
            _segment = TcpInfo.TryGet(socket, out TcpInfo info) ? info.SendMss : 0; // the path's may have changed
    }

    /// <summary>How much of the data the next record is to hold.</summary>
    /// <param name="length">How many bytes there are.</param>
    /// <param name="overhead">How many bytes a record has besides its data.</param>
    public int Take(int length, int overhead)
    {
        if (_left <= 0 || _segment <= overhead)
            return length;
        int taken = Math.Min(length, _segment - overhead);
        _left -= taken;
        return taken;
    }
}
