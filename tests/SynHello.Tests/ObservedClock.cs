using System.Threading.Channels;

using SynHello.Testing;

namespace SynHello.Tests;

/// <summary>A clock that stands still, and tells of each timer that is started on it.</summary>
internal sealed class ObservedClock(FakeTimeProvider clock) : TimeProvider
{
    private readonly Channel<TimeSpan> _started = Channel.CreateUnbounded<TimeSpan>();
    private int _timers;

    /// <summary>How many timers were started.</summary>
    public int Timers => Volatile.Read(ref _timers);

    public override long TimestampFrequency => clock.TimestampFrequency;

    /// <summary>When the next timer that was started is due.</summary>
    public Task<TimeSpan> NextTimerAsync() => _started.Reader.ReadAsync(TestContext.Current.CancellationToken).Guarded();

    /// <summary>Forgets the timers that were started so far.</summary>
    public void Forget()
    {
        while (_started.Reader.TryRead(out _))
        {
            // Forgotten.
        }
    }

    public void Advance(TimeSpan by) => clock.Advance(by);

    public override DateTimeOffset GetUtcNow() => clock.GetUtcNow();

    public override long GetTimestamp() => clock.GetTimestamp();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        ITimer timer = clock.CreateTimer(callback, state, dueTime, period);
        if (dueTime != Timeout.InfiniteTimeSpan)
        {
            Interlocked.Increment(ref _timers);
            _started.Writer.TryWrite(dueTime);
        }

        return timer;
    }
}
