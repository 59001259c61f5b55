using SynHello.Fuzz.Targets;

namespace SynHello.Fuzz.Tests;

/// <summary>The fuzzer finds what there is to find, and finds it again.</summary>
public sealed class FuzzerTests
{
    private static readonly byte[] _seed = [0, 4, 1, 2, 3, 4, 9, 9];

    private static readonly string _findings = Path.Combine(Path.GetTempPath(), "synhello-fuzz-findings");

    [Fact]
    public void MissingBoundsCheck_IsFound()
    {
        FuzzReport report = Run(new Target(input =>
        {
            int sum = 0;
            for (int i = 2; input.Length > 1 && i < 2 + input[1]; i++)
                sum += input[i];
            return sum;
        }));
        Assert.IsType<IndexOutOfRangeException>(report.Finding?.Problem);
    }

    [Fact]
    public void MemoryThatALengthDecides_IsFound()
    {
        FuzzReport report = Run(new Target(input => input.Length > 1 ? new byte[input[0] << 12].Length : 0));
        Assert.Contains("are allocated", Assert.IsType<InvariantException>(report.Finding?.Problem).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ResultThatDependsOnTheSplit_IsFound()
    {
        FuzzReport report = Run(new Target(_ => 0) { DependsOnSplit = true });
        Assert.Contains("Whole it comes to", Assert.IsType<InvariantException>(report.Finding?.Problem).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Finding_ComesAgainFromItsSeed()
    {
        FuzzReport Find() => Run(new Target(input => input.Length == 13 ? throw new InvalidOperationException() : input.Length));
        FuzzReport first = Find(), second = Find();
        Assert.NotNull(first.Finding);
        Assert.Equal(first.Finding.Execution, second.Finding?.Execution);
        Assert.Equal(first.Finding.Input, second.Finding?.Input);
    }

    [Fact]
    public void Run_DoesTheSameAgain()
    {
        FuzzReport RunClient() =>
            new Fuzzer(new ClientTarget(), 5, Corpus.Read(Corpus.BuiltIn, "client"), _findings).Run(3_000, TimeSpan.MaxValue);
        FuzzReport first = RunClient(), second = RunClient();
        Assert.Equal(first.Features, second.Features);
        Assert.Equal(first.Outcomes, second.Outcomes);
    }

    private static FuzzReport Run(Target target) => new Fuzzer(target, 1, [_seed], _findings).Run(100_000, TimeSpan.MaxValue);

    private sealed class Target(Target.Body body) : FuzzTarget
    {
        public delegate int Body(ReadOnlySpan<byte> input);

        public bool DependsOnSplit { get; init; }

        public override string Name => "planted";

        public override string Grammar => "w,2";

        public override bool TakesPieces => DependsOnSplit;

        public override IEnumerable<byte[]> MakeSeeds() => [_seed];

        public override Outcome Run(ReadOnlySpan<byte> input, Splitter splitter)
        {
            bool isCut = DependsOnSplit && input.Length > 4 && input[4] == 0xff && splitter.Next(input.Length) < 4;
            return new Outcome(0, (ulong)body(input) + (isCut ? 1ul : 0), "read");
        }
    }
}
