namespace SynHello;

/// <summary>Something that is wrong with the certificate chain that a server shows.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Description">It in words, a whole sentence without the period.</param>
public sealed record ChainProblem(ChainProblemKind Kind, string Description);
