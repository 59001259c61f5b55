using System.CommandLine;
using System.CommandLine.Help;

using SynHello.Cli;

// The commands are thin: parse, call, print. Exit status: 0 done, 1 the operation failed, 2 wrong usage.
Command serve = ServeCommand.Create();
var root = new Command("synhello", "SynHello: TCP and TLS set up in one exchange. The ClientHello rides in the SYN.")
{
    new HelpOption(),
    new VersionOption(),
    RaceCommand.Create(),
    GetCommand.Create(),
    serve,
    DoctorCommand.Create(),
    BenchCommand.Create(),
};

ParseResult parsed = root.Parse(args);
if (parsed.Errors.Count > 0)
{
    foreach (System.CommandLine.Parsing.ParseError error in parsed.Errors)
        Console.Error.WriteLine($"synhello: {error.Message}");
    Console.Error.WriteLine("synhello: see 'synhello --help'");
    return ExitCode.WrongUsage;
}

return await parsed.InvokeAsync(new InvocationConfiguration
{
    EnableDefaultExceptionHandler = false,

    // serve answers the signals itself: it drains, and takes the time for it.
    ProcessTerminationTimeout = parsed.CommandResult.Command == serve ? null : TimeSpan.FromSeconds(2),
});
