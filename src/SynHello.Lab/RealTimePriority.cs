using System.Globalization;

namespace SynHello.Lab;

/// <summary>
/// Real-time priority for the two ends of an <see cref="EmulatedWire"/>. On a long wire each end would have a machine
/// to itself; here other programs may hold the processor for some 10 ms at the very moment when a packet arrives, and
/// all times measured would tell of them.
/// </summary>
public static unsafe class RealTimePriority
{
    /// <summary>
    /// Lets every thread of this process, and those that they start, run before all ordinary ones, round-robin among
    /// themselves (sched(7), SCHED_RR), but behind the threads of the wires. For a process that mostly waits: one that
    /// computes without end would take the machine away from everybody.
    /// </summary>
    /// <returns>Whether the system granted it; as a rule it does to root alone.</returns>
    public static bool TryApplyToProcess()
    {
        if (!OperatingSystem.IsLinux())
            return false;
        bool granted = true;
        foreach (string thread in Directory.EnumerateDirectories("/proc/self/task"))
        {
            int number = int.Parse(Path.GetFileName(thread), CultureInfo.InvariantCulture);
            if (Libc.GetScheduler(number) is Libc.ScheduleOther && !Apply(number))
                granted = false;
        }

        return granted;
    }

    // A thread that has ended meanwhile needs nothing.
    private static bool Apply(int thread)
    {
        int priority = WireThread.PriorityOfEnds;
        return Libc.SetScheduler(thread, Libc.ScheduleRoundRobin, &priority) == 0 || Libc.GetScheduler(thread) < 0;
    }
}
