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
    /// </summary>
    private static void Main(string[] arguments)
    {
        ManualConfig config = ManualConfig.Create(DefaultConfig.Instance)
            .AddJob(Job.Default.WithToolchain(InProcessEmitToolchain.Instance).AsDefault());
        _ = BenchmarkSwitcher.FromAssembly(Assembly.GetExecutingAssembly()).Run(arguments, config);
    }
}
