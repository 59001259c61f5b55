using System.Threading.Channels;

namespace SynHello.Sockets.Tests;

/// <summary>A clock whose timers fire when the test says so.</summary>
internal sealed class ManualTime : TimeProvider
{
    private readonly Channel<TimeSpan> _started = Channel.CreateUnbounded<TimeSpan>();
    private TimerCallback? _callback;
    private object? _state;

    public ValueTask<TimeSpan> NextTimerAsync(CancellationToken cancellationToken) =>
        _started.Reader.ReadAsync(cancellationToken);

    public void Fire() => _callback!(_state);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        (_callback, _state) = (callback, state);
        _started.Writer.TryWrite(dueTime);
        return new Timer();
    }

    private sealed class Timer : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period) => true;

        public void Dispose()
        {
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
