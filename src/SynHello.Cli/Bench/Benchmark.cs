namespace SynHello.Cli;

/// <summary>One thing that can be measured.</summary>
/// <param name="Name">Its name on the command line.</param>
/// <param name="MeasureAsync">Measures it.</param>
internal sealed record Benchmark(string Name, Func<Sampling, Task<BenchmarkResult>> MeasureAsync);
