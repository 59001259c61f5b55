using System.CommandLine;

namespace SynHello.Cli;

/// <summary>The command "synhello serve".</summary>
internal static class ServeCommand
{
    public static Command Create() => new("serve");
}
