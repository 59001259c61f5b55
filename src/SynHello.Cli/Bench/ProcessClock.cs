using System.Runtime.InteropServices;

namespace SynHello.Cli;

/// <summary>
/// The CPU time of another process by the kernel's own account, in nanoseconds: of all its threads, those included that are gone
/// (the clock of clock_getcpuclockid(3)). What /proc/PID/stat says of it comes in ticks of 10 ms.
/// </summary>
internal static partial class ProcessClock
{
    private const int SchedulerClock = 2;

    /// <exception cref="CommandFailure">There is no such process.</exception>
    public static TimeSpan Read(int process)
    {
        int clock = (~process << 3) | SchedulerClock;
        if (GetTime(clock, out Time time) != 0)
        {
            throw new CommandFailure(
                $"the CPU time of the process {process} cannot be read: {Marshal.GetLastPInvokeErrorMessage()}.");
        }

        return TimeSpan.FromSeconds(time.Seconds) + TimeSpan.FromMicroseconds(time.Nanoseconds / 1000.0);
    }

    [LibraryImport("libc", EntryPoint = "clock_gettime", SetLastError = true)]
    private static partial int GetTime(int clock, out Time time);

    private readonly record struct Time(nint Seconds, nint Nanoseconds);
}
