using SynHello.Fuzz.Targets;

namespace SynHello.Fuzz.Tests;

/// <summary>Every message that is read (docs/fuzzing.md).</summary>
public sealed class MessageFuzzTests
{
    public static TheoryData<string> Names => [.. MessageTargets.All.Select(target => target.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Message_IsReadOrRefused(string name) =>
        FuzzRun.AssertNothingIsFound(MessageTargets.All.Single(target => target.Name == name));
}
