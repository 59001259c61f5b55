namespace SynHello;

/// <summary>
/// The last flights of handshakes that wait for the first request, so that both leave in one segment. One timer serves all
/// connections of a client: a timer each would cost more than the segment it saves. Thread-safe.
/// </summary>
internal sealed class HeldFlights(TimeProvider timeProvider)
{
    /// <summary>A flight is held for at least this long and at most twice as long, if nothing sends it before.</summary>
    public static readonly TimeSpan HoldTime = TimeSpan.FromMilliseconds(5);

    private readonly Lock _lock = new();
    private List<SecureStream> _young = [];
    private List<SecureStream> _old = [];
    private ITimer? _timer;

    /// <summary>Has the stream's flight sent after a while.</summary>
    public void Add(SecureStream stream)
    {
        lock (_lock)
        {
            bool idle = _young.Count + _old.Count == 0;
            _young.Add(stream);
            _timer ??= timeProvider.CreateTimer(
                static state => ((HeldFlights)state!).SendOld(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            if (idle)
                _timer.Change(HoldTime, Timeout.InfiniteTimeSpan);
        }
    }

    private void SendOld()
    {
        List<SecureStream> due;
        lock (_lock)
        {
            due = _old;
            _old = _young;
            _young = [];
            if (_old.Count > 0)
                _timer?.Change(HoldTime, Timeout.InfiniteTimeSpan);
        }

        foreach (SecureStream stream in due)
            stream.SendHeldFlight();
    }
}
