namespace SynHello.OnTheWire.Tests;

/// <summary>
/// The system's clock with timers that never fire: nothing that a test sees depends on whether the machine was quick
/// enough.
/// </summary>
internal sealed class InertTimers : TimeProvider
{
    public static InertTimers Instance { get; } = new();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        new Inert();

    private sealed class Inert : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period) => true;

        public void Dispose()
        {
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
