using SynHello.Fuzz.Targets;

namespace SynHello.Fuzz.Tests;

/// <summary>Everything else that reads what strangers send (docs/fuzzing.md).</summary>
public sealed class DecoderFuzzTests
{
    public static TheoryData<string> Names =>
        [.. FuzzTargets.All.Where(target => target is not (EngineTarget or MessageTarget)).Select(target => target.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Target_KeepsItsPromises(string name) =>
        FuzzRun.AssertNothingIsFound(FuzzTargets.All.Single(target => target.Name == name));
}
