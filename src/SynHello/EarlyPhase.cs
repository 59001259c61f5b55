namespace SynHello;

/// <summary>
/// The time between the acceptance of early data, when a stream is handed out, and the end of its handshake. Ends once,
/// whoever comes first. Thread-safe.
/// </summary>
internal sealed class EarlyPhase(long start)
{
    private readonly TaskCompletionSource _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ITimer? _timer;

    /// <summary>Completes with the handshake; fails when that fails, and is canceled when the stream is closed before.</summary>
    public Task Completed => _completion.Task;

    public bool IsOver => _completion.Task.IsCompleted;

    /// <summary>When the handshake began, in ticks of the clock.</summary>
    public long Start { get; } = start;

    /// <summary>Calls back when the handshake takes longer, unless it is over by then.</summary>
    public void Limit(TimeSpan dueTime, TimeProvider timeProvider, Action stalled)
    {
        // Started only when it can be disposed of: it may be due at once.
        _timer = timeProvider.CreateTimer(
            static state => ((Action)state!)(), stalled, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _timer.Change(dueTime > TimeSpan.Zero ? dueTime : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
    }

    public void Complete()
    {
        if (_completion.TrySetResult())
            _timer?.Dispose();
    }

    public void Fail(Exception exception)
    {
        if (!_completion.TrySetException(exception))
            return;
        _ = _completion.Task.Exception; // nobody has to look at it
        _timer?.Dispose();
    }

    public void Cancel()
    {
        if (_completion.TrySetCanceled())
            _timer?.Dispose();
    }
}
