using System.CommandLine;

namespace SynHello.Cli;

/// <summary>The command "synhello doctor".</summary>
internal static class DoctorCommand
{
    public static Command Create()
    {
        var command = new Command(
            "doctor", "Tell what this machine lets SynHello do, and the command that would allow the rest.");
        command.SetAction((_, cancellationToken) => RunAsync(cancellationToken));
        return command;
    }

    /// <summary>
    /// Fails when connecting and serving over TLS does not work here; everything else is a matter of speed.
    /// </summary>
    private static async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        using var loopback = new LoopbackTrial();
        (Finding tls, bool works) = await Examination.TlsAsync(loopback, cancellationToken);
        Print("This machine", [Examination.Platform(), .. Examination.Cryptography(), tls]);
        Print("TCP Fast Open", await Examination.FastOpenAsync(works ? loopback : null, cancellationToken));
        Print("A server under load: the levels of Fast Open", LevelExamination.Levels());
        Print("Room for a ClientHello in the SYN", Examination.Interfaces(loopback.ClientHelloBytes));
        Print("The emulated wire (synhello race)", Examination.Lab());
        if (works)
            return ExitCode.Done;
        ErrorLine.Write("this machine cannot connect and serve over TLS; see above.");
        return ExitCode.Failed;
    }

    private static void Print(string title, IEnumerable<Finding> findings)
    {
        string run = Environment.IsPrivilegedProcess ? "run" : "run as root";
        Console.WriteLine(title);
        foreach (Finding finding in findings)
        {
            Console.WriteLine($"  {finding.Mark,-5} {ErrorLine.OneLine(finding.Text)}");
            if (finding.Command is { } command)
                Console.WriteLine($"        {run}: {command}");
        }

        Console.WriteLine();
    }
}
