namespace SynHello.Bogo;

/// <summary>The runner asks for something that the engine does not have.</summary>
internal sealed class UnimplementedException(string what) : Exception(what)
{
    /// <summary>The exit status that says so to the runner.</summary>
    public const int ExitStatus = 89;
}
