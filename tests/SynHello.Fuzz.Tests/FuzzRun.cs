namespace SynHello.Fuzz.Tests;

/// <summary>A run that is the same each time: a fixed seed, and a number of executions instead of a time.</summary>
internal static class FuzzRun
{
    private const ulong Seed = 20_260_101;

    public static void AssertNothingIsFound(FuzzTarget target)
    {
        List<byte[]> corpus = Corpus.Read(Corpus.BuiltIn, target.Name);
        Assert.NotEmpty(corpus);
        string findings = Path.Combine(Path.GetTempPath(), "synhello-fuzz-findings");
        FuzzReport report = new Fuzzer(target, Seed, corpus, findings).Run(target.TestExecutions, TimeSpan.MaxValue);
        if (report.Finding is { } finding)
            Assert.Fail($"{finding}; the input is in {finding.Save(findings)}\n{finding.Problem}");
        Assert.Equal(target.TestExecutions, report.Executions);
    }
}
