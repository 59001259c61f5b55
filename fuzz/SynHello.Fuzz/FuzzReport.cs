namespace SynHello.Fuzz;

/// <summary>What a run of a target came to.</summary>
internal sealed record FuzzReport
{
    public required string Target { get; init; }

    public required ulong Seed { get; init; }

    public required long Executions { get; init; }

    public required TimeSpan Time { get; init; }

    /// <summary>How many different things were reached.</summary>
    public required int Features { get; init; }

    /// <summary>The most bytes that an execution allocated.</summary>
    public required long MostAllocated { get; init; }

    /// <summary>How often each outcome came.</summary>
    public required IReadOnlyDictionary<string, long> Outcomes { get; init; }

    /// <summary>Null when nothing was found.</summary>
    public required Finding? Finding { get; init; }

    public override string ToString() =>
        $"{Target}: {Executions} executions in {Time.TotalSeconds:F1} s, {Features} features, {Outcomes.Count} outcomes, "
        + $"at most {MostAllocated} bytes allocated, seed {Seed}: {(Finding is null ? "nothing found" : "FOUND")}";
}
