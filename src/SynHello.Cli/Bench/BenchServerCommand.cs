using System.CommandLine;
using System.Globalization;
using System.Security.Cryptography.X509Certificates;

namespace SynHello.Cli;

/// <summary>
/// The server that "synhello bench" starts as a process of its own, to have its CPU time and its memory apart: it sends back what it
/// is sent, or is Kestrel. It lives as long as its standard input, and answers each line that it reads there with its memory in bytes.
/// </summary>
internal static class BenchServerCommand
{
    public const string Name = "server";

    /// <summary>What it is asked, and with what it answers: its private memory and the managed part of it, in bytes.</summary>
    public const string MemoryQuestion = "memory";

    public static Command Create()
    {
        var stack = new Option<string>("--stack") { Required = true };
        stack.AcceptOnlyFromAmong([.. BenchServer.Names]);
        var certificate = new Option<string>("--cert") { Required = true };
        var key = new Option<string>("--key") { Required = true };
        var command = new Command(Name, "The server of a benchmark; only the benchmarks start it.") { stack, certificate, key };
        command.Hidden = true;
        command.SetAction(async (parsed, cancellationToken) =>
        {
            using X509Certificate2 identity = X509Certificate2.CreateFromPemFile(
                parsed.GetRequiredValue(certificate), parsed.GetRequiredValue(key));
            await using BenchServer server = await BenchServer.StartAsync(parsed.GetRequiredValue(stack), identity);
            Console.WriteLine($"listening on {server.EndPoint}");
            while (await Console.In.ReadLineAsync(cancellationToken) is { } question)
            {
                Console.WriteLine(question == MemoryQuestion
                    ? ProcessMemory.Measure().ToString(CultureInfo.InvariantCulture)
                    : "?");
            }

            return ExitCode.Done;
        });
        return command;
    }
}
