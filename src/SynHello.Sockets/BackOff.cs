namespace SynHello.Sockets;

/// <summary>
/// How often in a row something failed, and until when it is left alone for that: a minute, then twice as long each
/// time, a day at most. One connection tries again when the time is over, and the others wait for what comes of it.
/// </summary>
internal struct BackOff
{
    public static readonly TimeSpan Shortest = TimeSpan.FromMinutes(1);
    public static readonly TimeSpan Longest = TimeSpan.FromDays(1);

    // If nobody ever says what came of the try: its caller may have gone away.
    private static readonly TimeSpan TrialTime = TimeSpan.FromSeconds(10);

    private long _until;
    private bool _isOnTrial;

    /// <summary>Failures in a row; 0 when nothing is wrong.</summary>
    public int Failures { get; private set; }

    /// <summary>When it may be tried again, in ticks of the clock.</summary>
    public readonly long Until => _until;

    /// <summary>Whether the caller may try. After a failure, who is told so is the one who tries.</summary>
    public bool MayTry(TimeProvider clock)
    {
        if (Failures == 0) return true;

        long now = clock.GetTimestamp();
        if (now < _until) return false;

        _isOnTrial = true;
        _until = clock.After(now, TrialTime);
        return true;
    }

    /// <summary>It failed. Failures of connections that were under way together count as one.</summary>
    public void Fail(TimeProvider clock)
    {
        long now = clock.GetTimestamp();
        if (now < _until && !_isOnTrial) return;

        TimeSpan pause = Shortest * Math.Pow(2, Math.Min(Failures, 30));
        _isOnTrial = false;
        _until = clock.After(now, pause < Longest ? pause : Longest);
        Failures++;
    }

    /// <summary>It worked.</summary>
    public void Reset() => this = default;
}
