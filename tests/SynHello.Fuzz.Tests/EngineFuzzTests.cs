using SynHello.Fuzz.Engines;
using SynHello.Fuzz.Targets;

namespace SynHello.Fuzz.Tests;

/// <summary>Both engines, with peers that say anything (docs/fuzzing.md).</summary>
public sealed class EngineFuzzTests
{
    [Fact]
    public void Client_KeepsItsPromises() => FuzzRun.AssertNothingIsFound(new ClientTarget());

    [Fact]
    public void Server_KeepsItsPromises() => FuzzRun.AssertNothingIsFound(new ServerTarget());

    /// <summary>The corpus has handshakes that succeed: otherwise nothing behind the first message would be tried.</summary>
    [Theory]
    [InlineData("client")]
    [InlineData("server")]
    public void Seeds_CompleteTheirHandshakes(string name)
    {
        FuzzTarget target = FuzzTargets.All.Single(target => target.Name == name);
        var seeds = target.MakeSeeds().Where(seed => !((EngineFlags)seed[1]).HasFlag(EngineFlags.IgnoresTags)).ToList();
        Assert.NotEmpty(seeds);
        Assert.All(seeds, seed => Assert.Equal("complete", target.Run(seed, Splitter.Whole).Name));
    }
}
