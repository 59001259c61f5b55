namespace SynHello.Fuzz;

/// <summary>What an execution came to. Two executions of one input have equal outcomes, however it was split.</summary>
/// <param name="Feature">What was reached: an input that reaches something new joins the pool.</param>
/// <param name="Digest">Everything that came out.</param>
/// <param name="Name">For a person.</param>
internal readonly record struct Outcome(ulong Feature, ulong Digest, string Name)
{
    /// <summary>That of an input which is too short to say what is to be done.</summary>
    public static Outcome Nothing => new(0, 0, "nothing");
}
