using System.Reflection;

using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Parameters;
using BenchmarkDotNet.Running;

namespace SynHello.Benchmarks.Tests;

/// <summary>Each benchmark works with each of its parameters. What it takes is none of a test's business.</summary>
public sealed class BenchmarkTests
{
    public static TheoryData<string> Classes =>
        [.. typeof(RecordBenchmarks).Assembly.GetExportedTypes().Where(IsBenchmark).Select(type => type.Name)];

    [Theory]
    [MemberData(nameof(Classes))]
    public async Task Benchmark_RunsOnce(string name)
    {
        Type type = typeof(RecordBenchmarks).Assembly.GetExportedTypes().Single(type => type.Name == name);
        BenchmarkCase[] cases = BenchmarkConverter.TypeToBenchmarks(type).BenchmarksCases;
        Assert.NotEmpty(cases);
        foreach (BenchmarkCase benchmark in cases)
        {
            object subject = Activator.CreateInstance(type)!;
            foreach (ParameterInstance parameter in benchmark.Parameters.Items)
                type.GetProperty(parameter.Name)!.SetValue(subject, parameter.Value);
            await InvokeAsync(subject, benchmark.Descriptor.GlobalSetupMethod);
            await InvokeAsync(subject, benchmark.Descriptor.WorkloadMethod);
            await InvokeAsync(subject, benchmark.Descriptor.GlobalCleanupMethod);
        }
    }

    private static bool IsBenchmark(Type type) =>
        type.GetMethods().Any(method => method.GetCustomAttribute<BenchmarkAttribute>() is not null);

    private static async Task InvokeAsync(object subject, MethodInfo? method)
    {
        if (method?.Invoke(subject, null) is Task task)
            await task.WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken);
    }
}
