using System.Text.Json;

namespace SynHello.OnTheWire.Tests;

/// <summary>
/// The command "synhello bench": its forms, not its figures. It fails by itself when a connection of a resumed pair did
/// not resume, on either stack.
/// </summary>
public sealed class BenchCommandTests
{
    private static readonly string[] Pairs =
    [
        "tls13-full-pair", "tls13-resumed-pair", "tls13-rsa-full-pair", "tls13-early-data-pair",
        "tls12-full-pair", "tls12-resumed-pair", "tls12-rsa-full-pair",
        "tls13-full-pair-memory", "tls13-resumed-pair-memory", "tls13-rsa-full-pair-memory",
        "tls12-full-pair-memory", "tls12-resumed-pair-memory", "tls12-rsa-full-pair-memory",
    ];

    private static readonly string[] Sides =
    [
        "tls13-full-client-memory", "tls13-resumed-client-memory", "tls13-rsa-full-client-memory", "tls13-verified-client-memory",
        "tls12-full-client-memory", "tls12-resumed-client-memory", "tls12-rsa-full-client-memory",
        "tls13-full-server-memory", "tls13-resumed-server-memory", "tls13-rsa-full-server-memory",
        "tls12-full-server-memory", "tls12-resumed-server-memory", "tls12-rsa-full-server-memory",
    ];

    private static readonly string[] Bulk = ["bulk-1m", "bulk-16k", "bulk-4k", "bulk-1k", "bulk-100b", "bulk-1b"];

    private static readonly string[] Kestrel = ["kestrel-close", "kestrel-close-resumed", "kestrel-keep-alive"];

    private static readonly string[] Idle = ["idle-connection-bytes", "idle-after-bulk-bytes"];

    /// <summary>One sample of everything that there is: what figures come out says nothing, but that there are some.</summary>
    [Fact]
    public async Task Json_HasARowForEachName()
    {
        ProgramRun run = await CommandLine.RunAsync("bench", "--json", "--trial");

        Assert.True(run.ExitCode == 0, run.Error);
        using var document = JsonDocument.Parse(run.Output);
        var rows = document.RootElement.GetProperty("results").EnumerateArray()
            .ToDictionary(row => row.GetProperty("name").GetString()!, StringComparer.Ordinal);
        string[] names =
            [.. Pairs, .. Sides, .. Bulk, .. Kestrel, .. Idle, "tls13-verified-pair-memory", "tls13-full-server", "tls13-full-server-openssl", "request-latency"];
        Assert.Equal(names.Order(StringComparer.Ordinal), rows.Keys.Order(StringComparer.Ordinal));
        Assert.All(rows.Values, AssertIsCompared);
        Assert.All(Pairs, name => AssertIs(rows[name], "cpu-us", "SslStream"));
        Assert.All(Pairs, name => Assert.True(rows[name].GetProperty("synhelloPerSecond").GetDouble() > 0));
        Assert.All(Sides, name => AssertIs(rows[name], "cpu-us", "SslStream"));
        Assert.All(Bulk, name => AssertIs(rows[name], "MB/s", "SslStream"));
        Assert.All(Kestrel, name => AssertIs(rows[name], "cpu-us", "Kestrel with UseHttps"));
        Assert.All(Kestrel, name => Assert.True(rows[name].GetProperty("synhelloPerSecond").GetDouble() > 0));
        Assert.All(Idle, name => AssertIs(rows[name], "bytes", "SslStream"));
        AssertIs(rows["request-latency"], "us", "SslStream");
        AssertIs(rows["tls13-full-server"], "cpu-us", "nginx");
        AssertIs(rows["tls13-full-server-openssl"], "cpu-us", "openssl");
        AssertIs(rows["tls13-verified-pair-memory"], "cpu-us", "unverified");
    }

    [Fact]
    public async Task Only_MeasuresOne()
    {
        ProgramRun run = await CommandLine.RunAsync("bench", "--json", "--quick", "--only", "tls13-full-pair-memory");

        Assert.True(run.ExitCode == 0, run.Error);
        using var document = JsonDocument.Parse(run.Output);
        JsonElement row = Assert.Single(document.RootElement.GetProperty("results").EnumerateArray());
        Assert.Equal("tls13-full-pair-memory", row.GetProperty("name").GetString());
        AssertIsCompared(row);
        Assert.True(row.GetProperty("limit").GetDouble() > 0);
    }

    /// <summary>In a mount namespace of its own, in which there are no programs where nginx is.</summary>
    [Fact]
    public async Task WithoutNginx_ItsRowIsLeftOut()
    {
        ProgramRun run = await ProgramRun.RunAsync(
            "unshare",
            ["-m", "sh", "-c", "mount -t tmpfs none /usr/sbin && exec \"$@\"", "sh",
                "dotnet", CommandLine.Program, "bench", "--json", "--trial", "--only", "tls13-full-server"]);

        Assert.True(run.ExitCode == 0, run.Error);
        using var document = JsonDocument.Parse(run.Output);
        Assert.Empty(document.RootElement.GetProperty("results").EnumerateArray());
        Assert.Contains("tls13-full-server is left out: nginx is not installed.", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task UnknownName_ExitsWithTwo()
    {
        ProgramRun run = await CommandLine.RunAsync("bench", "--only", "tls14-pair");

        Assert.Equal((2, ""), (run.ExitCode, run.Output));
    }

    private static void AssertIs(JsonElement row, string metric, string peer) => Assert.Equal(
        (metric, peer), (row.GetProperty("metric").GetString(), row.GetProperty("peer").GetString()));

    private static void AssertIsCompared(JsonElement row)
    {
        double synHello = row.GetProperty("synhello").GetDouble(), peer = row.GetProperty("peerValue").GetDouble();
        Assert.True(double.IsFinite(synHello) && double.IsFinite(peer) && row.GetProperty("limit").GetDouble() >= 0);
        Assert.Equal(synHello / peer, row.GetProperty("ratio").GetDouble(), 6);
        bool isMemory = row.GetProperty("metric").GetString() == "bytes"; // of few connections, so that it may come out at anything
        Assert.True(isMemory || (synHello > 0 && peer > 0), row.GetRawText());
    }
}
