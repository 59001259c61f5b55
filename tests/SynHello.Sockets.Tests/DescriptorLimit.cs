using System.Runtime.InteropServices;

namespace SynHello.Sockets.Tests;

/// <summary>Lets this process open no further file descriptor, as long as it lives.</summary>
internal sealed partial class DescriptorLimit : IDisposable
{
    private const int NumberOfFiles = 7;
    private const int Workers = 8;
    private readonly Limit _before;

    private DescriptorLimit()
    {
        Check(GetLimit(NumberOfFiles, out _before));
        Set(_before with { Soft = 3 });
    }

    public static DescriptorLimit Exhausted()
    {
        StartWorkers();
        return new();
    }

    public void Dispose() => Set(_before);

    /// <summary>A thread that starts opens files, and the process ends when it cannot: so all that are needed are there before.</summary>
    private static void StartWorkers()
    {
        ThreadPool.GetMinThreads(out int workers, out int completionPorts);
        ThreadPool.SetMinThreads(Math.Max(workers, Workers), completionPorts);
        using var all = new Barrier(Workers + 1);
        Task[] started = [.. Enumerable.Range(0, Workers).Select(_ => Task.Run(all.SignalAndWait))];
        all.SignalAndWait();
        Task.WaitAll(started);
    }

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
