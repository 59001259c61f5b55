using System.CommandLine;

namespace SynHello.Cli;

/// <summary>The command "synhello race".</summary>
internal static class RaceCommand
{
    public static Command Create() => new("race");
}
