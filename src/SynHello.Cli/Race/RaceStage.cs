namespace SynHello.Cli.Race;

/// <summary>How far the race has come.</summary>
/// <param name="What">What is going on.</param>
/// <param name="Done">Steps that are done.</param>
/// <param name="Total">Steps in all.</param>
internal readonly record struct RaceStage(string What, int Done, int Total);
