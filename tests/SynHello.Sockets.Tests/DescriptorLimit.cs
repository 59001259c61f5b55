using System.Runtime.InteropServices;

namespace SynHello.Sockets.Tests;

/// <summary>Lets this process open no further file descriptor, as long as it lives.</summary>
internal sealed partial class DescriptorLimit : IDisposable
{
    private const int NumberOfFiles = 7;
    private readonly Limit _before;

    private DescriptorLimit()
    {
        Check(GetLimit(NumberOfFiles, out _before));
        Set(_before with { Soft = 3 });
    }

    public static DescriptorLimit Exhausted() => new();

    public void Dispose() => Set(_before);

    private static void Set(Limit limit) => Check(SetLimit(NumberOfFiles, in limit));

    private static void Check(int result)
    {
        if (result != 0) throw new InvalidOperationException(Marshal.GetLastPInvokeErrorMessage());
    }

    [LibraryImport("libc", EntryPoint = "getrlimit", SetLastError = true)]
    private static partial int GetLimit(int resource, out Limit limit);

    [LibraryImport("libc", EntryPoint = "setrlimit", SetLastError = true)]
    private static partial int SetLimit(int resource, in Limit limit);

    private record struct Limit(nuint Soft, nuint Hard);
}
