namespace SynHello.AspNetCore;

/// <summary>
/// Has connections read from that nobody has read from for a while, because a request takes its time: a client that goes away is to be
/// noticed, so that the request can be given up. A request that is answered at once costs nothing but a place in a list, and one timer
/// serves all connections of a listener, while there are any in the list. Thread-safe.
/// </summary>
internal sealed class ReadAhead : IDisposable
{
    private static readonly TimeSpan _interval = TimeSpan.FromMilliseconds(50);

    private readonly ITimer _timer;
    private SecurePipeReader? _first;
    private int _armed;
    private volatile bool _disposed;

    public ReadAhead(TimeProvider timeProvider) => _timer = timeProvider.CreateTimer(
        static state => ((ReadAhead)state!).Look(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

    /// <summary>Puts a connection on the list. To be called for one that is not on it.</summary>
    public void Add(SecurePipeReader reader)
    {
        Push(reader);
        if (Interlocked.Exchange(ref _armed, 1) == 0)
            Arm();
    }

    public void Dispose()
    {
        _disposed = true;
        _timer.Dispose();
    }

    private void Push(SecurePipeReader reader)
    {
        SecurePipeReader? first;
        do
        {
            first = Volatile.Read(ref _first);
            reader.NextToLookAt = first;
        }
        while (Interlocked.CompareExchange(ref _first, reader, first) != first);
    }

    private void Look()
    {
        Volatile.Write(ref _armed, 0); // whoever comes from here on arms it again
        SecurePipeReader? next = Interlocked.Exchange(ref _first, null);
        bool remain = false;
        while (next is { } reader)
        {
            next = reader.NextToLookAt;
            reader.NextToLookAt = null;
            if (reader.IsToBeLookedAtAgain())
            {
                Push(reader);
                remain = true;
            }
        }

        if (remain && Interlocked.Exchange(ref _armed, 1) == 0)
            Arm();
    }

    private void Arm()
    {
        if (!_disposed)
            _timer.Change(_interval, Timeout.InfiniteTimeSpan);
    }
}
