namespace SynHello.Tests;

/// <summary>What connections leave in the process.</summary>
internal static class Leftovers
{
    /// <summary>Runs a test between two looks at what the process holds.</summary>
    public static async Task AssertNoneAsync(string kind, bool peersMayEnd, Func<FaultBench, Task> test, bool isBulk = false)
    {
        // What is made once for all is there afterwards.
        await using (var warm = new FaultBench(FaultScenario.All[kind], isBulk))
        {
            await warm.VisitUnharmedAsync();
            await warm.VisitUnharmedAsync();
        }

        using var ledger = new PoolLedger(smallest: 1);
        HashSet<string> handles = Handles();
        await using (var bench = new FaultBench(FaultScenario.All[kind], isBulk) { PeersMayEnd = peersMayEnd })
        {
            await bench.VisitUnharmedAsync(); // and has a session from now on, where there is one
            await test(bench);
            await bench.SettleAsync();
        }

        Assert.NotEqual(0, ledger.Total);
        Assert.Equal(0, ledger.Out);
        Assert.Equal(0, ledger.ReturnedTwice);
        await AssertNoMoreThanAsync(handles);
    }

    /// <summary>A handle that an operation still had in use when it was closed is closed with the operation's end, elsewhere.</summary>
    private static async Task AssertNoMoreThanAsync(HashSet<string> handles)
    {
        long deadline = Environment.TickCount64 + 60_000;
        while (!Handles().IsSubsetOf(handles) && Environment.TickCount64 < deadline)
            await Task.Yield();
        Assert.Empty(Handles().Except(handles));
    }

    /// <summary>Sockets and all that is no file: the files of its code a process opens when it needs them first.</summary>
    private static HashSet<string> Handles() =>
    [
        .. Directory.GetFiles("/proc/self/fd")
            .Select(path => new FileInfo(path).LinkTarget ?? "")
            .Where(target => target.Contains(':', StringComparison.Ordinal)),
    ];
}
