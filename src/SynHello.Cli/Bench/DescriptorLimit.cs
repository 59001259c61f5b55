using System.Runtime.InteropServices;

namespace SynHello.Cli;

/// <summary>How many files this process, and those it starts, may have open (RLIMIT_NOFILE).</summary>
internal static partial class DescriptorLimit
{
    private const int NumberOfFiles = 7;

    /// <summary>Raises it, if it is lower.</summary>
    /// <returns>False when this user may not have so many.</returns>
    public static bool TryRaise(int count)
    {
        if (GetLimit(NumberOfFiles, out Limit limit) != 0)
            return false;
        nuint wanted = (nuint)count;
        if (limit.Soft >= wanted)
            return true;
        return SetLimit(NumberOfFiles, new Limit(wanted, nuint.Max(limit.Hard, wanted))) == 0;
    }

    [LibraryImport("libc", EntryPoint = "getrlimit", SetLastError = true)]
    private static partial int GetLimit(int resource, out Limit limit);

    [LibraryImport("libc", EntryPoint = "setrlimit", SetLastError = true)]
    private static partial int SetLimit(int resource, in Limit limit);

    private readonly record struct Limit(nuint Soft, nuint Hard);
}
