namespace SynHello.Lab;

/// <summary>
/// What the system can do for the punctuality of the current thread. Each part is asked for and may be refused.
/// </summary>
internal static unsafe class WireThread
{
    /// <summary>
    /// The lowest real-time priority, for the programs at both ends: see <see cref="RealTimePriority"/>.
    /// </summary>
    public const int PriorityOfEnds = 1;

    private const int Nice = -20;

    public static void Sharpen()
    {
        // Wake-ups of ordinary threads may be 50 us late by default, to be done together with others.
        _ = Libc.ProcessControl(Libc.SetTimerSlack, 1, 0, 0, 0);

        // Any real-time priority runs before every ordinary thread, and this one before both ends. It must not pass to
        // threads that the runtime happens to start from this one.
        int priority = PriorityOfEnds + 1;
        if (Libc.SetScheduler(0, Libc.ScheduleFifo | Libc.ScheduleResetOnFork, &priority) < 0)
            _ = Libc.SetPriority(0, 0, Nice);
    }
}
