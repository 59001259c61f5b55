namespace SynHello.Sockets;

/// <summary>
/// Watches a listener's unproven connections, and steps its mode down and up as <see cref="FastOpenRetreat"/> decides. It
/// counts at each accept, and looks closer four times a second while anything is unproven or the mode is lowered; otherwise
/// it rests. Thread-safe.
/// </summary>
internal sealed class PressureWatch : IDisposable
{
    private static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(250);

    private readonly Lock _lock = new();
    private readonly UnprovenConnections _unproven;
    private readonly FastOpenRetreat _retreat;
    private readonly int _limit;
    private readonly Action<FastOpenMode> _setMode;
    private readonly Action<FastOpenModeChange>? _changed;
    private readonly ITimer _timer;
    private readonly KernelCounters? _counters = KernelCounters.TryOpen();
    private (long Overflows, long FullSynQueues)? _last;
    private volatile int _lookAt;
    private volatile bool _isRunning;
    private bool _isDisposed;

    /// <summary>Rests until the first connection enters.</summary>
    /// <param name="retreat">Decides.</param>
    /// <param name="limit">How many connections may be unproven at a time.</param>
    /// <param name="setMode">Carries out what is decided.</param>
    /// <param name="changed">Is told of it.</param>
    /// <param name="timeProvider">The clock.</param>
    public PressureWatch(
        FastOpenRetreat retreat,
        int limit,
        Action<FastOpenMode> setMode,
        Action<FastOpenModeChange>? changed,
        TimeProvider timeProvider)
    {
        _retreat = retreat;
        _limit = _lookAt = limit;
        _setMode = setMode;
        _changed = changed;
        _unproven = new UnprovenConnections(limit, timeProvider);
        _timer = timeProvider.CreateTimer(
            static state => ((PressureWatch)state!).Tick(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>How many connections are unproven as far as anybody has noticed.</summary>
    internal int Count => _unproven.Count;

    /// <summary>How many connections are unproven. Asks the kernel about each.</summary>
    public int CountUnproven() => _unproven.Look(FastOpenRetreat.OverdueAge).Count;

    /// <summary>Takes up a connection that was accepted just now, if its address is not proven.</summary>
    public void Enter(AcceptedSocket connection)
    {
        int count = connection.EnterUnproven(_unproven);
        if (count > 0)
            Judge(count);
    }

    /// <summary>Counts a connection that was opened by its SYN, and reset before it was accepted.</summary>
    public void EnterLost()
    {
        _unproven.RememberLost();
        Judge(_unproven.Count);
    }

    /// <summary>Stops watching. The mode stays as it is.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            if (_isDisposed)
                return;
            _isDisposed = true;
            _timer.Dispose();
            _counters?.Dispose();
        }
    }

    private void Judge(int count)
    {
        // Some may be proven, or dead, and nobody has noticed.
        if (count >= _lookAt
            || (_retreat.Mode == FastOpenMode.Cookieless && _retreat.IsCrowded(count + _unproven.Ended)))
            LookCloser(isTick: false);
        if (!_isRunning)
            Run();
    }

    private void Run()
    {
        lock (_lock)
        {
            if (_isDisposed || _isRunning)
                return;
            _isRunning = true;
            _last = null; // what happened while nobody looked is nobody's business
            _timer.Change(s_interval, s_interval);
        }
    }

    private void Tick()
    {
        LookCloser(isTick: true);
        lock (_lock)
        {
            // Whoever enters later than this sees that it rests, and wakes it.
            _isRunning = false;
            if (_isDisposed)
                return;
            if (_unproven.Count > 0 || _retreat.IsLowered)
                _isRunning = true;
            else
                _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }

    private void LookCloser(bool isTick)
    {
        lock (_lock)
        {
            if (_isDisposed)
                return;
            (int count, int overdue) = _unproven.Look(FastOpenRetreat.OverdueAge);
            _lookAt = count + _limit; // so that looking costs each no more than it would cost alone
            (long overflows, long fullSynQueues) = isTick ? ReadGrowth() : (0, 0);
            count += _unproven.Ended;
            FastOpenMode before = _retreat.Mode;
            if (_retreat.Judge(new FastOpenPressure(count, overdue, overflows, fullSynQueues)) is not { } reason)
                return;
            _setMode(_retreat.Mode);
            _changed?.Invoke(new FastOpenModeChange(before, _retreat.Mode, reason, count));
        }
    }

    private (long Overflows, long FullSynQueues) ReadGrowth()
    {
        if (_counters is null || !_counters.TryRead(out long overflows, out long fullSynQueues))
            return default;
        (long Overflows, long FullSynQueues) last = _last ?? (overflows, fullSynQueues);
        _last = (overflows, fullSynQueues);
        return (overflows - last.Overflows, fullSynQueues - last.FullSynQueues);
    }
}
