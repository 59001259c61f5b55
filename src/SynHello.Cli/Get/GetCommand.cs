using System.CommandLine;

namespace SynHello.Cli;

/// <summary>The command "synhello get".</summary>
internal static class GetCommand
{
    public static Command Create() => new("get");
}
