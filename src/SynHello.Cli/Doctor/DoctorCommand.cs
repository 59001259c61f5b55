using System.CommandLine;

namespace SynHello.Cli;

/// <summary>The command "synhello doctor".</summary>
internal static class DoctorCommand
{
    public static Command Create() => new("doctor");
}
