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
        "cpu-us: CPU time in microseconds a connection, of both ends in one process (pair), of one end's calls alone (client,",
        "  server), or of a server's process (tls13-full-server, without session tickets); less is better.",
        "kestrel: CPU time of the server's process a request, from sixteen clients at a time: on a connection of its own with a",
        "  full handshake (close) or a resumed one (close-resumed), or on one that was there (keep-alive). The limit is the",
        "  same without TLS, and the bare public-key operations. JSON has requests a second too, which the clients' CPU bounds.",
        "MB/s: application data one way over loopback, both ends in one process; more is better.",
        "us: a request of 100 bytes and a response of 1,000 on an established connection over loopback; the median.",
        "bytes: private memory of a server's process an idle connection, at 10,000 of them, beyond the same over plain TCP,",
        "  whose own is the limit; after-bulk: when each has carried 256 KB each way.",
        "ratio: SynHello / peer. limit: the bare cost in libcrypto of the public-key operations, and of TCP; of bulk,",
        "  1 / (1 / plain TCP + 1 / bare AEAD).",
        "resumed: every connection resumed a session, and got what it needs for the next one. Over loopback a byte from",
        "  the server is part of it: SslStream's client takes its ticket when it reads.",
        "early-data: a request of 100 bytes and a response of 1,000. SynHello's request is early data, accepted each",
        "  time; SslStream, which has none, sends it behind the handshake of a resumed session.",
        "verified: the client verifies a chain of leaf and intermediate that it has verified before; the peer takes it unseen.",
        "memory: two engines fed from each other's buffers, against two SslStreams; no sockets, no other threads.",
    ];

    public static Command Create()
    {
        var json = new Option<bool>("--json") { Description = "Print one JSON document and nothing else." };
        var only = new Option<string?>("--only")
        {
            Description = "Run one benchmark: " + string.Join(", ", Benchmarks.Names) + ".",
            HelpName = "NAME",
        };
        var quick = new Option<bool>("--quick") { Description = "Fewer samples: a look, not a figure." };
        var trial = new Option<bool>("--trial") { Description = "One sample of each: whether they work, no figure.", Hidden = true };
        only.AcceptOnlyFromAmong([.. Benchmarks.Names]);
        var command = new Command(
            "bench",
            "Measure this stack against its peers, interleaved in one run: handshakes of TLS 1.3 and 1.2, of both ends and of each alone "
            + "(full ones; resumed ones; SynHello's early data against SslStream's resumed session with the same request and "
            + "response), over loopback or in memory; bulk data; requests on an established connection; Kestrel's; the memory of idle ones.")
        {
            json, only, quick, trial, BenchServerCommand.Create(),
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var leftOut = new List<PeerMissingException>();
            try
            {
                IReadOnlyList<BenchmarkResult> results = await Benchmarks.RunAsync(
                    parsed.GetValue(only),
                    parsed.GetValue(trial) ? Effort.Trial : parsed.GetValue(quick) ? Effort.Quick : Effort.Full,
                    name => Console.Error.WriteLine($"synhello: measuring {name} ..."),
                    missing =>
                    {
                        leftOut.Add(missing);
                        Console.Error.WriteLine($"synhello: {missing.Message}");
                    },
                    cancellationToken);
                if (parsed.GetValue(json))
                    Console.WriteLine(JsonSerializer.Serialize(new { results }, Json));
                else
                    Print(results, leftOut);
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

    private static void Print(IReadOnlyList<BenchmarkResult> results, IReadOnlyList<PeerMissingException> leftOut)
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

        foreach (PeerMissingException missing in leftOut)
            table.AddRow(missing.Benchmark, "-", "-", $"{missing.Peer}: not installed", "-", "-", "-");
        AnsiConsole.Write(table);
        foreach (string line in Explanation)
            Console.WriteLine(line);
    }
}
