namespace SynHello.Cli;

/// <summary>
/// What an idle connection holds on a server: private memory of the server's process a connection, at 10,000 of them, beyond what
/// the same server holds over plain TCP, which is the limit. Of connections that have carried bulk data too what is beyond plain ones
/// that have not: a socket of .NET's may keep its last buffer from the pool, and what plain TCP so holds is no reason to hold more.
/// </summary>
internal static class IdleBenchmark
{
    private const int OtherFiles = 1_000;

    /// <param name="sampling">How many connections, and how often.</param>
    /// <param name="isAfterBulk">Whether each connection has carried 256 KB each way before.</param>
    public static async Task<BenchmarkResult> MeasureAsync(Sampling sampling, bool isAfterBulk)
    {
        int connections = sampling.Effort.Connections;
        int descriptors = connections + OtherFiles;
        if (!DescriptorLimit.TryRaise(descriptors))
            throw new CommandFailure($"{descriptors} open files are needed for idle connections: raise the limit (ulimit -n).");
        string[] stacks = ["synhello", "sslstream", "plain"];
        List<double>[] figures = [[], [], []];
        using var identity = new IdentityFiles();
        for (int round = 0; round < sampling.Effort.Crowds; round++)
        {
            for (int i = 0; i < stacks.Length; i++)
            {
                bool isPlain = stacks[i] == "plain";
                await using ServerProcess server =
                    await ServerProcess.StartAsync(stacks[i], identity, sampling.CancellationToken);
                var crowd = new Crowd(server, isPlain, isAfterBulk && !isPlain);
                figures[i].Add(await crowd.MeasureAsync(connections, sampling.CancellationToken));
            }
        }

        double plain = Sampling.Median(figures[2]);
        return new BenchmarkResult(
            isAfterBulk ? "idle-after-bulk-bytes" : "idle-connection-bytes",
            "bytes",
            Sampling.Median(figures[0]) - plain,
            "SslStream",
            Sampling.Median(figures[1]) - plain,
            plain);
    }
}
