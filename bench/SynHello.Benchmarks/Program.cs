using System.Reflection;

using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;

namespace SynHello.Benchmarks;

internal static class Program
{
    /// <summary>
    /// Runs the benchmarks in this process: the program that BenchmarkDotNet would generate and build for each is restored from the
    /// network, and takes this repository's rules for its own. What it is good for, other runtimes and settings, is not compared here.
    /// With --dry each is run once: to see that it works.
    /// </summary>
    private static void Main(string[] arguments)
    {
        Job job = arguments.Contains("--dry") ? Job.Dry : Job.Default;
        ManualConfig config = ManualConfig.Create(DefaultConfig.Instance)
            .WithArtifactsPath(Path.Combine(AppContext.BaseDirectory, "reports"))
            .AddJob(job.WithToolchain(InProcessEmitToolchain.Instance));
        _ = BenchmarkSwitcher.FromAssembly(Assembly.GetExecutingAssembly()).Run([.. arguments.Except(["--dry"])], config);
    }
}
