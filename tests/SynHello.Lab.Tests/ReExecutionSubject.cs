using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace SynHello.Lab.Tests;

/// <summary>
/// A program that re-executes itself, for the tests of that: this test program, when it is started with a variable set.
/// It runs before Main, in place of the tests.
/// </summary>
internal static class ReExecutionSubject
{
    public const string Variable = "SYNHELLO_LAB_TESTS_REEXECUTE";
    public const int ExitCode = 7;
    public const int TerminatedExitCode = 9;

    [ModuleInitializer]
    public static void Run()
    {
        if (Environment.GetEnvironmentVariable(Variable) is null)
            return;
        string[] arguments = Environment.GetCommandLineArgs()[1..];
        if (arguments is not ["again", ..])
            NetworkNamespace.EnterNew(NamespaceFacts.Gather(isPrivate: false), ["again", .. arguments]);

        using var termination = PosixSignalRegistration.Create(
            PosixSignal.SIGTERM,
            _ => Environment.Exit(TerminatedExitCode));
        Console.WriteLine(new FileInfo("/proc/self/ns/net").LinkTarget);
        Console.WriteLine(NetworkNamespace.IsPrivate);
        Console.WriteLine(string.Join('|', arguments));
        Console.WriteLine(Console.ReadLine());
        Environment.Exit(ExitCode);
    }
}
