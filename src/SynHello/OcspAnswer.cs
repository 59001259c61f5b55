namespace SynHello;

/// <summary>What came of asking a responder.</summary>
/// <param name="Verdict">What it means.</param>
/// <param name="Response">The response; empty when none came, or one that proves nothing.</param>
internal readonly record struct OcspAnswer(RevocationVerdict Verdict, ReadOnlyMemory<byte> Response)
{
    /// <summary>No answer that can be used.</summary>
    public static OcspAnswer None(string reason) =>
        new(RevocationVerdict.Unproven(RevocationProblem.Unavailable, reason), default);
}
