using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

using SynHello.Cli.Race;
using SynHello.Lab;

namespace SynHello.Cli;

/// <summary>The command "synhello race".</summary>
internal static class RaceCommand
{
    public static Command Create()
    {
        var roundTrip = new Option<int>("--rtt")
        {
            Description = "The round trip of the emulated wire in ms, "
                + $"{RaceOptions.ShortestRoundTrip} to {RaceOptions.LongestRoundTrip}.",
            HelpName = "MS",
            DefaultValueFactory = _ => RaceOptions.DefaultRoundTrip,
        };
        var runs = new Option<int>("--runs")
        {
            Description = $"How many measured runs each scheme has, 1 to {RaceOptions.MostRuns}.",
            HelpName = "N",
            DefaultValueFactory = _ => RaceOptions.DefaultRuns,
        };
        var json = new Option<bool>("--json") { Description = "Print one JSON document instead of the table." };
        var pcap = new Option<string?>("--pcap")
        {
            Description = "Write the packets of all measured connections, as seen at the client, in pcap format.",
            HelpName = "FILE",
        };
        var svg = new Option<string?>("--svg")
        {
            Description = "Write a picture of typical connections as ladders: three first visits, three returning ones.",
            HelpName = "FILE",
        };
        var certificate = new Option<string>("--certificate")
        {
            Description = "What the servers show: one self-signed certificate, or an ECDSA P-256 or RSA-2048 one with "
                + "the intermediate that issued it, as heavy as a public authority's.",
            HelpName = "self-signed|ecdsa|rsa",
            DefaultValueFactory = _ => "self-signed",
        };
        certificate.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: not ("self-signed" or "ecdsa" or "rsa") and var value }])
                result.AddError($"--certificate takes self-signed, ecdsa or rsa, not '{value}'.");
        });
        roundTrip.Validators.Add(
            result => RequireRange(result, RaceOptions.ShortestRoundTrip, RaceOptions.LongestRoundTrip));
        runs.Validators.Add(result => RequireRange(result, 1, RaceOptions.MostRuns));

        var command = new Command(
            "race",
            "Race SynHello against SslStream over an emulated long wire, counting round trips: first visits, and "
            + "returning ones that hold a Fast Open cookie, resume a session, or send their request as early data.")
        {
            roundTrip, runs, certificate, json, pcap, svg,
        };
        command.Validators.Add(result =>
        {
            if (result.GetValue(pcap) is { } file && result.GetValue(svg) is { } other
                && Path.GetFullPath(file) == Path.GetFullPath(other))
                result.AddError("--pcap and --svg name the same file.");
        });
        command.SetAction((parsed, cancellationToken) => RunAsync(
            new RaceOptions
            {
                RoundTrip = TimeSpan.FromMilliseconds(parsed.GetValue(roundTrip)),
                Runs = parsed.GetValue(runs),
                Certificate = parsed.GetValue(certificate) switch
                {
                    "ecdsa" => RaceCertificate.Ecdsa,
                    "rsa" => RaceCertificate.Rsa,
                    _ => RaceCertificate.SelfSigned,
                },
            },
            parsed.GetValue(json),
            parsed.GetValue(pcap),
            parsed.GetValue(svg),
            cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(
        RaceOptions options, bool json, string? pcap, string? svg, CancellationToken cancellationToken)
    {
        try
        {
            if (!NetworkNamespace.IsPrivate)
                NetworkNamespace.ReExecute(Environment.GetCommandLineArgs()[1..]);
            NamespaceSupport support = NetworkNamespace.Probe();
            if (!support.IsSupported)
                return Fail(support.ToString());

            using OutputFile? capture = pcap is null ? null : OutputFile.Open(pcap);
            using OutputFile? picture = svg is null ? null : OutputFile.Open(svg);
            RaceResult result = await RaceProgress.ShowAsync(
                progress => Racecourse.RunAsync(options, progress, cancellationToken));
            capture?.Write(stream => RaceCapture.Write(stream, result));
            picture?.Write(stream => RacePicture.Write(stream, result));
            if (json)
                RaceDocument.Write(Console.Out, result);
            else
                RaceTable.Write(result, pcap, svg);
            return ExitCode.Done;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return Fail("the race was interrupted.");
        }
        catch (Exception e)
            when (e is RaceException or InvalidOperationException or IOException or UnauthorizedAccessException)
        {
            return Fail(e.Message);
        }
    }

    private static void RequireRange(OptionResult result, int least, int most)
    {
        if (result.Tokens is not [var token])
            return;
        bool isNumber = int.TryParse(token.Value, CultureInfo.InvariantCulture, out int value);
        if (!isNumber || value < least || value > most)
            result.AddError($"{result.Option.Name} takes a whole number from {least} to {most}, not '{token.Value}'.");
    }

    private static int Fail(string message)
    {
        const StringSplitOptions NoEmptyLines = StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries;
        foreach (string line in message.Split('\n', NoEmptyLines))
            Console.Error.WriteLine($"synhello: {line}");
        return ExitCode.Failed;
    }
}
