using System.Diagnostics;

namespace SynHello.Fuzz;

/// <summary>Ends the process when an execution hangs, and says which; a hang cannot be ended otherwise.</summary>
internal sealed class Watchdog : IDisposable
{
    private static readonly TimeSpan _limit = TimeSpan.FromSeconds(60);

    private readonly Func<long, Finding> _describe;
    private readonly string _findings;
    private readonly Timer _timer;
    private long _execution;
    private long _since;

    /// <param name="describe">Makes the finding of an execution.</param>
    /// <param name="findings">The folder that its input is written to.</param>
    public Watchdog(Func<long, Finding> describe, string findings)
    {
        _describe = describe;
        _findings = findings;
        _timer = new Timer(_ => Check(), null, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1));
    }

    public void Enter(long execution)
    {
        Volatile.Write(ref _execution, execution);
        Volatile.Write(ref _since, Stopwatch.GetTimestamp());
    }

    public void Leave() => Volatile.Write(ref _since, 0);

    public void Dispose() => _timer.Dispose();

    private void Check()
    {
        long since = Volatile.Read(ref _since);
        if (since == 0 || Stopwatch.GetElapsedTime(since) < _limit)
            return;
        Finding finding = _describe(Volatile.Read(ref _execution));
        Console.Error.WriteLine($"{finding}; the input is in {finding.Save(_findings)}");
        Environment.Exit(3);
    }
}
