using System.Globalization;

using Spectre.Console;

using SynHello.Sockets;

namespace SynHello.Cli.Race;

/// <summary>The race as a table for people, with one sentence that says what was gained.</summary>
internal static class RaceTable
{
    private const int WidthWithoutTerminal = 120;

    public static void Write(RaceResult result, string? pcap, string? svg)
    {
        IAnsiConsole console = AnsiConsole.Console;
        if (Console.IsOutputRedirected)
            console.Profile.Width = WidthWithoutTerminal;
        console.Write(TableOf(result));
        console.MarkupLine($"[grey]Round trips are counted from the packets that crossed the wire, in every run, TCP's included. "
            + $"{result.Options.Runs} runs each.[/]");
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
            .Title(string.Create(CultureInfo.InvariantCulture, $"From nothing to the first byte of a response, over a {roundTrip:0.##} ms round trip"))
            .AddColumn("Scheme")
            .AddColumn("Visit")
            .AddColumn("ClientHello in the SYN")
            .AddColumn(new TableColumn("Request sent\nafter").RightAligned())
            .AddColumn(new TableColumn("First byte\nafter").RightAligned())
            .AddColumn(new TableColumn("First byte ms\np50").RightAligned())
            .AddColumn(new TableColumn("\np99").RightAligned());
        int best = result.Rows.Min(row => row.RequestSentRoundTrips);
        foreach (RaceRow row in result.Rows)
        {
            if (row.Scheme is { IsSynHello: true, FastOpen: FastOpenMode.Off })
                table.AddEmptyRow();
            string color = row.RequestSentRoundTrips == best ? "green" : "default";
            string vary = row.RoundTripsVary ? "up to " : "";
            table.AddRow(
                row.Scheme.IsSynHello ? $"[bold]{Markup.Escape(row.Scheme.Name)}[/]" : Markup.Escape(row.Scheme.Name),
                row.Scheme.IsReturningVisit ? "returning" : "first",
                row.ClientHelloInSyn ? $"[{color}]yes, {row.SynPayloadBytes} bytes[/]" : "no",
                $"[{color}]{vary}{RoundTrips(row.RequestSentRoundTrips)}[/]",
                $"[{color}]{vary}{RoundTrips(row.FirstByteRoundTrips)}[/]",
                Milliseconds(row.FirstByteMilliseconds(50)),
                Milliseconds(row.FirstByteMilliseconds(99)));
        }

        return table;
    }

    private static string RoundTrips(int count) => count == 1 ? "1 round trip " : $"{count} round trips";

    private static string Milliseconds(double value) => value.ToString("0.0", CultureInfo.InvariantCulture);
}
