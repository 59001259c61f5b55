using System.CommandLine;
using System.Text.Json;

using Spectre.Console;

namespace SynHello.Cli;

/// <summary>The command "synhello bench": this stack beside its peers, interleaved in one run.</summary>
internal static class BenchCommand
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    public static Command Create()
    {
        var json = new Option<bool>("--json") { Description = "Print one JSON document and nothing else." };
        var only = new Option<string?>("--only") { Description = "Run one benchmark: " + string.Join(", ", Benchmarks.Names) + "." };
        var quick = new Option<bool>("--quick") { Description = "Fewer samples: a look, not a figure." };
        only.AcceptOnlyFromAmong([.. Benchmarks.Names]);
        var command = new Command("bench", "Measure this stack against its peers, interleaved in one run.") { json, only, quick };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            IReadOnlyList<BenchmarkResult> results = await Benchmarks.RunAsync(
                parsed.GetValue(only),
                parsed.GetValue(quick),
                name => Console.Error.WriteLine($"synhello: measuring {name} ..."),
                cancellationToken);
            if (parsed.GetValue(json))
                Console.WriteLine(JsonSerializer.Serialize(new { results }, Json));
            else
                Print(results);
            return ExitCode.Done;
        });
        return command;
    }

    private static void Print(IReadOnlyList<BenchmarkResult> results)
    {
        var table = new Table().RoundedBorder();
        table.AddColumns("benchmark", "metric", "SynHello", "peer", "peer's", "ratio", "limit");
        foreach (BenchmarkResult result in results)
        {
            table.AddRow(
                result.Name, result.Metric, $"{result.Synhello:0.#}", result.Peer, $"{result.PeerValue:0.#}", $"{result.Ratio:0.00}", $"{result.Limit:0.#}");
        }

        AnsiConsole.Write(table);
        Console.WriteLine("cpu-us: CPU time of both ends in one process, in microseconds a handshake; less is better.");
        Console.WriteLine("MB/s: application data one way over loopback, both ends in one process; more is better.");
        Console.WriteLine("ratio: SynHello / peer. limit: the bare cost of the cryptography and of TCP, or plain TCP's speed.");
    }
}
