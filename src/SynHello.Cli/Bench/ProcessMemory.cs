using System.Globalization;

namespace SynHello.Cli;

/// <summary>What this process holds.</summary>
internal static class ProcessMemory
{
    private const string Field = "Private_Dirty:";

    /// <summary>
    /// Collects what is garbage, compacts the managed heap and gives back to the system what is free of it, and reads what is left:
    /// private dirty pages, in which the heaps are, the managed one and the native one, but no code of files.
    /// </summary>
    /// <returns>In bytes.</returns>
    public static long Measure()
    {
        for (int i = 0; i < 3; i++)
        {
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            GC.WaitForPendingFinalizers();
        }

        foreach (string line in File.ReadLines("/proc/self/smaps_rollup"))
        {
            if (line.StartsWith(Field, StringComparison.Ordinal))
            {
                ReadOnlySpan<char> value = line.AsSpan(Field.Length).Trim();
                return long.Parse(value[..value.IndexOf(' ')], CultureInfo.InvariantCulture) * 1024;
            }
        }

        throw new CommandFailure("this kernel does not say how much memory a process has (/proc/self/smaps_rollup).");
    }
}
