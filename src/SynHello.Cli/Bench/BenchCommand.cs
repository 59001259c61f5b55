using System.CommandLine;

namespace SynHello.Cli;

/// <summary>The command "synhello bench".</summary>
internal static class BenchCommand
{
    public static Command Create() => new("bench");
}
