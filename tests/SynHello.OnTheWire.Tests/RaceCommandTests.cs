using System.Text.Json;

namespace SynHello.OnTheWire.Tests;

/// <summary>
/// The command "synhello race", run as its users run it. Counts only: milliseconds are the machine's.
/// </summary>
public sealed class RaceCommandTests
{
    // stack, visit, TLS, Fast Open, resumed, early data, ClientHello in the SYN, round trips until the request and
    // until the first byte
    private static readonly (string, string, string, string, bool, string, bool, int, int)[] _rows =
    [
        ("SslStream", "first", "1.2", "off", false, "none", false, 3, 4),
        ("SslStream", "first", "1.3", "off", false, "none", false, 2, 3),
        ("SslStream", "returning", "1.3", "cookie", false, "none", true, 1, 2),
        ("SslStream", "returning", "1.3", "off", true, "none", false, 2, 3),
        ("SynHello", "first", "1.3", "off", false, "none", false, 2, 3),
        ("SynHello", "returning", "1.3", "cookie", false, "none", true, 1, 2),
        ("SynHello", "first", "1.3", "cookieless", false, "none", true, 1, 2),
        ("SynHello", "returning", "1.3", "off", true, "none", false, 2, 3),
        ("SynHello", "returning", "1.3", "off", true, "accepted", false, 1, 2),
        ("SynHello", "returning", "1.3", "cookie", true, "accepted", true, 0, 1),
        ("SynHello", "returning", "1.3", "cookieless", true, "accepted", true, 0, 1),

        // TLS 1.2: full, with a False Start, by session ID, and by ticket, each without the SYN and in it.
        ("SynHello", "first", "1.2", "off", false, "none", false, 3, 4),
        ("SynHello", "first", "1.2", "cookieless", false, "none", true, 2, 3),
        ("SynHello", "first", "1.2", "off", false, "none", false, 2, 3),
        ("SynHello", "first", "1.2", "cookieless", false, "none", true, 1, 2),
        ("SynHello", "returning", "1.2", "off", true, "none", false, 2, 3),
        ("SynHello", "returning", "1.2", "cookieless", true, "none", true, 1, 2),
        ("SynHello", "returning", "1.2", "off", true, "none", false, 2, 3),
        ("SynHello", "returning", "1.2", "cookieless", true, "none", true, 1, 2),

        // HttpClient and Kestrel, as they come and over SynHello.
        ("SslStream", "returning", "1.3", "off", true, "none", false, 2, 3),
        ("SynHello", "returning", "1.3", "cookie", true, "accepted", true, 0, 1),
    ];

    [Fact]
    public async Task Json_CountsTheRoundTripsOfEveryScheme()
    {
        string directory = Directory.CreateTempSubdirectory("synhello").FullName;
        try
        {
            string pcap = Path.Combine(directory, "race.pcap");
            string svg = Path.Combine(directory, "race.svg");
            ProgramRun run = await RaceAsync("--json", "--runs", "2", "--rtt", "20", "--pcap", pcap, "--svg", svg);

            Assert.True(run.ExitCode == 0, run.Error);
            using var document = JsonDocument.Parse(run.Output);
            JsonElement race = document.RootElement;
            Assert.Equal(20, race.GetProperty("rttMs").GetInt32());
            Assert.Equal(2, race.GetProperty("runs").GetInt32());
            Assert.Equal(_rows, race.GetProperty("rows").EnumerateArray().Select(CountsOf));
            Assert.Equal(_rows.Length, race.GetProperty("rows").EnumerateArray()
                .Select(row => row.GetProperty("scheme").GetString()).Distinct().Count());
            foreach (JsonElement row in race.GetProperty("rows").EnumerateArray())
            {
                Assert.False(row.TryGetProperty("rttsVary", out _));
                Assert.Equal(
                    row.GetProperty("clientHelloInSyn").GetBoolean(),
                    row.GetProperty("synPayloadBytes").GetInt32() > 0);
                JsonElement firstByte = row.GetProperty("firstByteMs");
                Assert.True(firstByte.GetProperty("p50").GetDouble() > 0);
                Assert.True(firstByte.GetProperty("p99").GetDouble() >= firstByte.GetProperty("p50").GetDouble());
            }

            // Every run's SYN, those that were repeated included.
            Assert.Equal(
                SynsOf(race, row => row.GetProperty("clientHelloInSyn").GetBoolean()),
                (await Tshark.ClientHelloSynsAsync(pcap)).Order());
            Assert.Equal(
                SynsOf(race, row => row.GetProperty("requestSentRtts").GetInt32() == 0),
                (await Tshark.EarlyDataSynsAsync(pcap)).Order());
            Assert.StartsWith("<svg", await File.ReadAllTextAsync(svg), StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    /// <summary>A chain as heavy as a public authority's is within three times a padded SYN.</summary>
    [Theory]
    [InlineData("ecdsa", 1400, 1900)]
    [InlineData("rsa", 2200, 2900)]
    public async Task IssuedCertificates_CostNoRoundTrip(string certificate, int least, int most)
    {
        ProgramRun run = await RaceAsync("--json", "--runs", "1", "--rtt", "20", "--certificate", certificate);

        Assert.True(run.ExitCode == 0, run.Error);
        using var document = JsonDocument.Parse(run.Output);
        Assert.Equal(certificate, document.RootElement.GetProperty("certificate").GetString());
        Assert.InRange(document.RootElement.GetProperty("certificateChainBytes").GetInt32(), least, most);
        Assert.Equal(_rows, document.RootElement.GetProperty("rows").EnumerateArray().Select(CountsOf));
    }

    [Fact]
    public async Task FileThatCannotBeWritten_FailsBeforeTheRace()
    {
        ProgramRun run = await RaceAsync("--runs", "1000", "--pcap", "/nowhere/race.pcap");

        Assert.Equal((1, ""), (run.ExitCode, run.Output));
        Assert.StartsWith("synhello: cannot write /nowhere/race.pcap", run.Error, StringComparison.Ordinal);
        Assert.Single(run.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Theory]
    [InlineData("--rtt", "0")]
    [InlineData("--rtt", "901")]
    [InlineData("--rtt", "long")]
    [InlineData("--runs", "0")]
    [InlineData("--runs", "-1")]
    [InlineData("--laps", "1")]
    [InlineData("--certificate", "dsa")]
    public async Task WrongUsage_ExitsWithTwo(string option, string value)
    {
        ProgramRun run = await RaceAsync(option, value);

        Assert.Equal((2, ""), (run.ExitCode, run.Output));
        Assert.Contains(option, run.Error, StringComparison.Ordinal);
    }

    private static Task<ProgramRun> RaceAsync(params string[] arguments) =>
        CommandLine.RunAsync(["race", .. arguments]);

    /// <summary>The sizes of the SYNs' data, in order, of all runs of some rows.</summary>
    private static IEnumerable<int> SynsOf(JsonElement race, Func<JsonElement, bool> belongs) =>
        race.GetProperty("rows").EnumerateArray()
            .Where(belongs)
            .SelectMany(row => Enumerable.Repeat(
                row.GetProperty("synPayloadBytes").GetInt32(),
                race.GetProperty("runs").GetInt32() + row.GetProperty("repeatedRuns").GetInt32()))
            .Order();

    private static (string, string, string, string, bool, string, bool, int, int) CountsOf(JsonElement row) => (
        row.GetProperty("stack").GetString()!,
        row.GetProperty("visit").GetString()!,
        row.GetProperty("tls").GetString()!,
        row.GetProperty("fastOpen").GetString()!,
        row.GetProperty("resumed").GetBoolean(),
        row.GetProperty("earlyData").GetString()!,
        row.GetProperty("clientHelloInSyn").GetBoolean(),
        row.GetProperty("requestSentRtts").GetInt32(),
        row.GetProperty("firstByteRtts").GetInt32());
}
