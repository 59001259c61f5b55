namespace SynHello.Fuzz;

/// <summary>Something that takes bytes from strangers.</summary>
internal abstract class FuzzTarget
{
    public abstract string Name { get; }

    /// <summary>The form of its inputs (<see cref="GrammarScanner"/>).</summary>
    public abstract string Grammar { get; }

    /// <summary>Whether its input may come in pieces.</summary>
    public virtual bool TakesPieces => false;

    /// <summary>No longer input is made.</summary>
    public virtual int MaximumLength => 8 * 1024;

    /// <summary>How many bytes an execution may allocate, whatever its input.</summary>
    public virtual long AllocationAllowance => 64 * 1024;

    /// <summary>How many bytes more it may allocate for each byte of its input.</summary>
    public virtual int AllocationFactor => 32;

    /// <summary>How many executions a run of the tests makes.</summary>
    public virtual int TestExecutions => 200_000;

    /// <summary>Right inputs, made by the engine itself: what the corpus is made of.</summary>
    public abstract IEnumerable<byte[]> MakeSeeds();

    /// <summary>Runs an input. What it throws is a finding.</summary>
    public abstract Outcome Run(ReadOnlySpan<byte> input, Splitter splitter);
}
