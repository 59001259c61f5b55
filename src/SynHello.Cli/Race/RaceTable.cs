using System.Globalization;

using Spectre.Console;

namespace SynHello.Cli.Race;

/// <summary>The race as a table for people, with one sentence that says what was gained.</summary>
internal static class RaceTable
{
    private const int WidthWithoutTerminal = 200;

    public static void Write(RaceResult result, string? pcap, string? svg)
    {
        bool isTerminal = !Console.IsOutputRedirected;
        IAnsiConsole console = isTerminal
            ? AnsiConsole.Console
            : AnsiConsole.Create(
                new AnsiConsoleSettings { Ansi = AnsiSupport.No, ColorSystem = ColorSystemSupport.NoColors });
        if (!isTerminal)
            console.Profile.Width = WidthWithoutTerminal;
        console.Write(TableOf(result));
        string runs = result.Options.Runs == 1 ? "one run" : $"{result.Options.Runs} runs";
        console.MarkupLine($"[grey]RTT: round trips, counted from the packets, TCP's included; {runs} each.[/]");
        console.MarkupLine($"[grey]The servers show {result.CertificateChainBytes} bytes of certificates.[/]");
        int repeated = result.Rows.Sum(row => row.RepeatedRuns);
        if (repeated > 0)
        {
            string again = repeated == 1 ? "1 run was made again" : $"{repeated} runs were made again";
            console.MarkupLine($"[grey]{again}, because the machine stood still for more than a millisecond.[/]");
        }

        if (pcap is not null)
            console.MarkupLineInterpolated($"[grey]Packets: {pcap}[/]");
        if (svg is not null)
            console.MarkupLineInterpolated($"[grey]Picture: {svg}[/]");
        console.WriteLine();
        console.WriteLine(RaceGain.Describe(result));
    }

    private static Table TableOf(RaceResult result)
    {
        double roundTrip = result.Options.RoundTrip.TotalMilliseconds;
        Table table = new Table()
            .Border(TableBorder.Rounded)
            .Title(string.Create(
                CultureInfo.InvariantCulture,
                $"From nothing to the first byte of a response, over a {roundTrip:0} ms round trip"))
            .AddColumn("Scheme")
            .AddColumn(new TableColumn("Visit").NoWrap())
            .AddColumn(new TableColumn("In the SYN").NoWrap())
            .AddColumn(new TableColumn("Request\nafter").NoWrap())
            .AddColumn(new TableColumn("1st byte\nafter").NoWrap())
            .AddColumn(new TableColumn("1st byte, ms\np50 / p99").NoWrap());
        int best = result.Rows.Min(row => row.RequestSentRoundTrips);
        RaceRow? above = null;
        foreach (RaceRow row in result.Rows)
        {
            if (above is not null && (row.Scheme.IsHttp != above.Scheme.IsHttp
                || (row.Scheme.IsSynHello != above.Scheme.IsSynHello && !row.Scheme.IsHttp)))
                table.AddEmptyRow();
            above = row;
            string color = row.RequestSentRoundTrips == best ? "green" : "default";
            string vary = row.RoundTripsVary ? "up to " : "";
            table.AddRow(
                row.Scheme.IsSynHello ? $"[bold]{Markup.Escape(row.Scheme.Name)}[/]" : Markup.Escape(row.Scheme.Name),
                row.Scheme.IsReturningVisit ? "returning" : "first",
                row.ClientHelloInSyn ? $"[{color}]{CargoOf(row)}, {row.SynPayloadBytes} bytes[/]" : "nothing",
                $"[{color}]{vary}{row.RequestSentRoundTrips} RTT[/]",
                $"[{color}]{vary}{row.FirstByteRoundTrips} RTT[/]",
                $"{Milliseconds(row.FirstByteMilliseconds(50))} / {Milliseconds(row.FirstByteMilliseconds(99))}");
        }

        return table;
    }

    private static string CargoOf(RaceRow row) => row.RequestSentRoundTrips == 0 ? "hello + request" : "hello";

    private static string Milliseconds(double value) => value.ToString("0.0", CultureInfo.InvariantCulture);
}
