using System.Text.Json;

namespace SynHello.OnTheWire.Tests;

/// <summary>
/// The command "synhello bench": its forms, not its figures. It fails by itself when a connection of a resumed pair did
/// not resume, on either stack.
/// </summary>
public sealed class BenchCommandTests
{
    [Theory]
    [InlineData("tls13-full-pair")]
    [InlineData("tls13-resumed-pair")]
    [InlineData("tls13-early-data-pair")]
    [InlineData("tls13-full-pair-memory")]
    [InlineData("tls13-resumed-pair-memory")]
    public async Task Json_ComparesAPairWithItsPeer(string name)
    {
        ProgramRun run = await CommandLine.RunAsync("bench", "--json", "--quick", "--only", name);

        Assert.True(run.ExitCode == 0, run.Error);
        using var document = JsonDocument.Parse(run.Output);
        JsonElement result = Assert.Single(document.RootElement.GetProperty("results").EnumerateArray());
        Assert.Equal(name, result.GetProperty("name").GetString());
        Assert.Equal("cpu-us", result.GetProperty("metric").GetString());
        Assert.Equal("SslStream", result.GetProperty("peer").GetString());
        double synHello = result.GetProperty("synhello").GetDouble();
        double peer = result.GetProperty("peerValue").GetDouble();
        Assert.True(synHello > 0 && peer > 0 && result.GetProperty("limit").GetDouble() > 0);
        Assert.Equal(synHello / peer, result.GetProperty("ratio").GetDouble(), 6);
    }

    [Fact]
    public async Task UnknownName_ExitsWithTwo()
    {
        ProgramRun run = await CommandLine.RunAsync("bench", "--only", "tls14-pair");

        Assert.Equal((2, ""), (run.ExitCode, run.Output));
    }
}
