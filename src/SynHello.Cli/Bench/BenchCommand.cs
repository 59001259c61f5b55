using System.CommandLine;
using System.Text.Json;

using Spectre.Console;

namespace SynHello.Cli;

/// <summary>The command "synhello bench": this stack beside its peers, interleaved in one run.</summary>
internal static class BenchCommand
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    private static readonly string[] Explanation =
    [
        "cpu-us: CPU time of both ends in one process, in microseconds a connection; less is better.",
        "MB/s: application data one way over loopback, both ends in one process; more is better.",
        "ratio: SynHello / peer. limit: the bare cost of the public-key operations and of TCP, or plain TCP's speed.",
        "resumed: every connection resumed a session, and got what it needs for the next one. Over loopback a byte from",
        "  the server is part of it: SslStream's client takes its ticket when it reads.",
        "early-data: a request of 100 bytes and a response of 1,000. SynHello's request is early data, accepted each",
        "  time; SslStream, which has none, sends it behind the handshake of a resumed session.",
        "verified: the client verifies a chain of leaf and intermediate that it has verified before; the peer takes it unseen.",
        "memory: two engines fed from buffers, against two SslStreams over pipes; no sockets, no other threads.",
    ];

    public static Command Create()
    {
        var json = new Option<bool>("--json") { Description = "Print one JSON document and nothing else." };
        var only = new Option<string?>("--only")
        {
            Description = "Run one benchmark: " + string.Join(", ", Benchmarks.Names) + ".",
        };
        var quick = new Option<bool>("--quick") { Description = "Fewer samples: a look, not a figure." };
        only.AcceptOnlyFromAmong([.. Benchmarks.Names]);
        var command = new Command(
            "bench",
            "Measure this stack against its peers, interleaved in one run: TLS 1.3 handshakes of both ends (full ones; "
            + "resumed ones; SynHello's early data against SslStream's resumed session with the same request and "
            + "response), over loopback or in memory, and bulk data.")
        {
            json, only, quick,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            try
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
            }
            catch (CommandFailure failure)
            {
                ErrorLine.Write(failure.Message);
                return ExitCode.Failed;
            }
        });
        return command;
    }

    private static void Print(IReadOnlyList<BenchmarkResult> results)
    {
        var table = new Table().RoundedBorder();
        table.AddColumn(new TableColumn("benchmark").NoWrap());
        table.AddColumns("metric", "SynHello", "peer", "peer's", "ratio", "limit");
        foreach (BenchmarkResult result in results)
        {
            table.AddRow(
                result.Name,
                result.Metric,
                $"{result.Synhello:0.#}",
                result.Peer,
                $"{result.PeerValue:0.#}",
                $"{result.Ratio:0.00}",
                $"{result.Limit:0.#}");
        }

        AnsiConsole.Write(table);
        foreach (string line in Explanation)
            Console.WriteLine(line);
    }
}
