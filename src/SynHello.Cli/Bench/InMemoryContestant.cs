using System.Diagnostics;

namespace SynHello.Cli;

/// <summary>
/// A stack whose two ends are fed from each other's buffers by one thread, which nobody ever waits in: so the time of each end is
/// that of the calls into it.
/// </summary>
internal abstract class InMemoryContestant : PairContestant
{
    private long _clientTicks;
    private long _serverTicks;
    private long _last;

    /// <summary>What the client has taken since <see cref="ResetTimes"/>.</summary>
    public TimeSpan ClientTime => Stopwatch.GetElapsedTime(0, _clientTicks);

    /// <summary>What the server has.</summary>
    public TimeSpan ServerTime => Stopwatch.GetElapsedTime(0, _serverTicks);

    public void ResetTimes() => _clientTicks = _serverTicks = 0;

    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <summary>What follows is either end's.</summary>
    protected void BeginTurn() => _last = Stopwatch.GetTimestamp();

    /// <summary>What was done since the last turn was the client's.</summary>
    protected void EndClientsTurn() => EndTurn(ref _clientTicks);

    /// <summary>What was done since the last turn was the server's.</summary>
    protected void EndServersTurn() => EndTurn(ref _serverTicks);

    private void EndTurn(ref long ticks)
    {
        long now = Stopwatch.GetTimestamp();
        ticks += now - _last;
        _last = now;
    }
}
