namespace SynHello.Cli;

/// <summary>What the command line's exit status says.</summary>
internal static class ExitCode
{
    public const int Done = 0;
    public const int Failed = 1;
    public const int WrongUsage = 2;
}
