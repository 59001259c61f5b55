namespace SynHello.Sockets;

/// <summary>
/// Decides how much of Fast Open a listener offers. As pressure rises it steps down, cookieless, with a cookie, plain;
/// when it has passed it steps up again, one step at a time, and the slower the sooner it came back the last time.
/// Pure: it does nothing but decide. Not thread-safe.
/// </summary>
/// <remarks>
/// The number of unproven connections is the listener's own, and decides alone while everything is well. The kernel's
/// counters are the namespace's: another listener's trouble must not push this one down. So their growth counts only
/// with pressure of its own; once it has stepped down, when there is little left that could be unproven, it counts
/// for as long as that pressure is not long past.
/// </remarks>
internal sealed class FastOpenRetreat
{
    /// <summary>How long it has to be calm before a step up, at first.</summary>
    public static readonly TimeSpan ShortestCalm = TimeSpan.FromSeconds(8);

    /// <summary>How long at most, and for how long pressure of its own is remembered.</summary>
    public static readonly TimeSpan LongestCalm = TimeSpan.FromMinutes(5);

    /// <summary>
    /// How long a connection is unproven before it is overdue. Those without a cookie are gone by then: only such as
    /// have shown one, and hang, are left to be the reason for the last step down.
    /// </summary>
    public static readonly TimeSpan OverdueAge = TimeSpan.FromSeconds(4);

    private readonly FastOpenMode[] _levels;
    private readonly int _limit;
    private readonly TimeProvider _timeProvider;
    private int _level;
    private TimeSpan _calm = ShortestCalm;
    private long _troubled;
    private long? _ownTrouble;
    private long? _steppedUp;

    /// <summary>Starts at the highest level.</summary>
    /// <param name="highest">The highest level; not off.</param>
    /// <param name="asksForCookies">Whether the system lets the listener ask for cookies at all.</param>
    /// <param name="limit">How many connections may be unproven at a time.</param>
    /// <param name="timeProvider">The clock.</param>
    public FastOpenRetreat(FastOpenMode highest, bool asksForCookies, int limit, TimeProvider timeProvider)
    {
        _levels = (highest, asksForCookies) switch
        {
            (FastOpenMode.Cookieless, true) => [FastOpenMode.Cookieless, FastOpenMode.Cookie, FastOpenMode.Off],
            _ => [highest, FastOpenMode.Off],
        };
        _limit = limit;
        _timeProvider = timeProvider;
    }

    /// <summary>What is to be offered.</summary>
    public FastOpenMode Mode => _levels[_level];

    /// <summary>Whether that is less than at the start.</summary>
    public bool IsLowered => _level > 0;

    /// <summary>How long it has to be calm before the next step up.</summary>
    public TimeSpan Calm => _calm;

    /// <summary>Whether a cookieless listener steps down for so many unproven connections alone.</summary>
    public bool IsCrowded(int unproven) => unproven * 4L >= _limit * 3L;

    /// <summary>Takes a look. To be called some times a second while anything is unproven or lowered.</summary>
    /// <returns>Why <see cref="Mode"/> is another one now; null when it is not.</returns>
    public FastOpenStepReason? Judge(in FastOpenPressure pressure)
    {
        long now = _timeProvider.GetTimestamp();
        bool isOwn = pressure.Unproven * 4L >= _limit;
        if (isOwn)
            _ownTrouble = now;
        bool countsGrowth = isOwn || (IsLowered && _ownTrouble is { } own && Passed(own, now) <= LongestCalm);
        bool overflows = countsGrowth && pressure.Overflows > 0;
        bool fillsSynQueue = countsGrowth && pressure.FullSynQueues > 0;
        if (isOwn || overflows || fillsSynQueue)
            _troubled = now;

        FastOpenStepReason? reason = Mode switch
        {
            FastOpenMode.Off => null,
            FastOpenMode.Cookieless when IsCrowded(pressure.Unproven) => FastOpenStepReason.UnprovenConnections,
            FastOpenMode.Cookieless when overflows => FastOpenStepReason.QueueOverflow,
            _ when fillsSynQueue => FastOpenStepReason.SynQueueFull,
            FastOpenMode.Cookie when pressure.Overdue * 2L >= _limit => FastOpenStepReason.UnprovenConnections,
            _ => null,
        };
        if (reason is not null)
        {
            StepDown(now);
            return reason;
        }

        if (!IsLowered || Passed(_troubled, now) < _calm)
            return null;
        StepUp(now);
        return FastOpenStepReason.Calm;
    }

    private void StepDown(long now)
    {
        // A second step of the same trouble leaves it as it is.
        if (_steppedUp is { } up)
        {
            bool isSoon = Passed(up, now) < 2 * _calm;
            _calm = !isSoon ? ShortestCalm : 2 * _calm < LongestCalm ? 2 * _calm : LongestCalm;
            _steppedUp = null;
        }

        _level++;
        _troubled = now;
    }

    private void StepUp(long now)
    {
        _level--;
        _steppedUp = now;
        _troubled = now; // the next step takes as long
    }

    private TimeSpan Passed(long since, long now) => _timeProvider.GetElapsedTime(since, now);
}
