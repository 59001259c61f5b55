using System.Net;
using System.Text;
using System.Text.Json;

namespace SynHello.Interop.Tests;

/// <summary>
/// What "synhello get --early-data" does where early data does not simply work, and what it tells of it.
/// </summary>
public sealed class EarlyGetTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("synhello-early-get-");
    private readonly IPEndPoint _endPoint = PrivateNetwork.NextEndPoint();

    private string SessionFile => Path.Combine(_directory.FullName, "sessions");

    public void Dispose() => _directory.Delete(recursive: true);

    /// <summary>
    /// It sends tickets behind the client's Finished, and the response to an early request before that.
    /// </summary>
    [Fact]
    public async Task Visitor_StaysAReturningOneWhereTicketsComeBehindTheResponse()
    {
        await File.WriteAllTextAsync(Path.Combine(_directory.FullName, "index.html"), "the index");
        await using ChildProcess server = await WebServer.StartNginxAsync(
            _endPoint, Identity.For(_endPoint.Address), _directory.FullName, "ssl_early_data on;");
        AssertTls(await VisitAsync(_endPoint), resumed: false, "none");
        for (int visit = 2; visit <= 5; visit++)
            AssertTls(await VisitAsync(_endPoint), resumed: true, "accepted");
    }

    /// <summary>HttpClient hands a request over in one write; otherwise its end would not be early data.</summary>
    [Fact]
    public async Task LongRequest_IsEarlyAsAWhole()
    {
        await using var server = new HesitantServer(_endPoint, keepAlive: true);
        string url = $"https://{_endPoint}/{new string('x', 9000)}";
        await VisitAsync(_endPoint);
        await Synhello.GetAsync(url, "--early-data", "--session-file", SessionFile, "--fast-open", "off");
        Assert.Equal(["late", "early", "late"], server.Requests);
    }

    /// <summary>The session is resumed, and what came with it early is not taken: it is sent again, once.</summary>
    [Fact]
    public async Task RefusedRequest_ReachesTheServerOnceAfterTheHandshake()
    {
        var keys = new SessionTicketKeyRing();
        var identity = Identity.For(_endPoint.Address); // a session is bound to the certificate that it began with
        await using (new HesitantServer(_endPoint, keepAlive: true, ticketKeys: keys, identity: identity))
            AssertTls(await VisitAsync(_endPoint), resumed: false, "none");
        await using var server = new HesitantServer(
            _endPoint, keepAlive: true, maximumEarlyData: 0, ticketKeys: keys, identity: identity);
        JsonElement account = await VisitAsync(_endPoint);
        AssertTls(account, resumed: true, "rejected");
        Assert.Equal("RejectedByServer", account.GetProperty("tls").GetProperty("earlyDataReason").GetString());
        Assert.Equal(2, account.GetProperty("roundTrips").GetProperty("requestSent").GetInt32());
        Assert.Equal(["late"], server.Requests);
        Assert.Equal(1, server.Connections);
    }

    /// <summary>A restarted server cannot read the session, and skips what it does not take.</summary>
    [Fact]
    public async Task ServeWithoutEarlyData_IsAskedAgain()
    {
        var identity = Identity.For(_endPoint.Address);
        await using (ChildProcess before = await Synhello.ServeAsync(_endPoint, identity, "--early-data", "4096"))
            await VisitAsync(_endPoint);
        await using ChildProcess serve = await Synhello.ServeAsync(_endPoint, identity);
        AssertTls(await VisitAsync(_endPoint), resumed: false, "rejected");
        AssertTls(await VisitAsync(_endPoint), resumed: true, "none");
    }

    [Fact]
    public async Task Sessions_AreNotSharedBetweenServers()
    {
        IPEndPoint other = PrivateNetwork.NextEndPoint();
        await using ChildProcess serve =
            await Synhello.ServeAsync(_endPoint, Identity.For(_endPoint.Address), "--early-data", "4096");
        await using ChildProcess otherServe =
            await Synhello.ServeAsync(other, Identity.For(other.Address), "--early-data", "4096");
        AssertTls(await VisitAsync(_endPoint), resumed: false, "none");
        AssertTls(await VisitAsync(other), resumed: false, "none");
        AssertTls(await VisitAsync(_endPoint), resumed: true, "accepted");
        AssertTls(await VisitAsync(other), resumed: true, "accepted");
    }

    [Theory]
    [InlineData(true, 3)]
    [InlineData(false, 5)]
    public async Task Account_TellsOfAnAnswerThatItWasTooEarly(bool keepAlive, int firstByte)
    {
        await using var server = new HesitantServer(_endPoint, keepAlive);
        Assert.False((await VisitAsync(_endPoint)).TryGetProperty("tooEarly", out _));
        JsonElement account = await VisitAsync(_endPoint);
        Assert.Equal(200, account.GetProperty("status").GetInt32());
        Assert.True(account.GetProperty("tooEarly").GetBoolean());
        Assert.Equal(firstByte, account.GetProperty("roundTrips").GetProperty("firstByte").GetInt32());
        Assert.Equal(firstByte - 1, account.GetProperty("roundTrips").GetProperty("requestSent").GetInt32());
    }

    /// <summary>A 425 whose body never ends costs its connection, and not the response.</summary>
    [Fact]
    public async Task RefusalThatDoesNotEnd_IsGivenUp()
    {
        await using var server = new HesitantServer(_endPoint, keepAlive: true, refusalLength: 100);
        await VisitAsync(_endPoint);
        byte[] body = await Synhello.GetAsync(
            $"https://{_endPoint}/", "--early-data", "--session-file", SessionFile, "--fast-open", "off");
        Assert.Equal("done", Encoding.UTF8.GetString(body));
        Assert.Equal(["late", "early", "late"], server.Requests);
        Assert.Equal(3, server.Connections);
    }

    [Fact]
    public async Task Verbose_TellsOfResumptionAndTheSyn()
    {
        // On loopback everything would fit.
        await using (var route = ChildProcess.Start(
            "ip", "route", "add", "local", $"{_endPoint.Address}", "dev", "lo", "table", "local", "mtu", "1500"))
        {
            Assert.True(await route.ExitAsync() == 0, route.Transcript);
        }

        await using ChildProcess serve = await Synhello.ServeAsync(
            _endPoint, Identity.For(_endPoint.Address), "--early-data", "4096", "--fast-open", "cookieless");
        string first = await AccountAsync("/");
        Assert.Contains("early data: none, because of no session", first);
        Assert.DoesNotContain("resumed", first);
        Assert.DoesNotContain("did not fit", first);
        string second = await AccountAsync("/");
        Assert.Contains(", resumed, ", second);
        Assert.Matches("early data: [0-9]+ bytes were accepted", second);
        Assert.Matches("([0-9]+) of the first flight's \\1 bytes rode in the SYN, which had room for 1420", second);
        Assert.Contains("request sent after 0 round trips, first byte after 1 round trip ", second);
        string large = await AccountAsync($"/{new string('x', 3000)}");
        Assert.Matches("first flight: [0-9]+ bytes did not fit the SYN and followed a round trip later", large);
        Assert.Contains("request sent after 1 round trip, ", large);

        async Task<string> AccountAsync(string path)
        {
            (int exitCode, _, string error) = await Synhello.RunAsync(
                "get", $"https://{_endPoint}{path}", "--cacert", Identity.RootFile, "--early-data",
                "--session-file", SessionFile, "--fast-open", "cookieless", "--verbose");
            Assert.True(exitCode == 0, error);
            return error;
        }
    }

    [Fact]
    public async Task FailedConnection_IsToldInOneLine()
    {
        Assert.Contains("refuses connections", await FailAsync());
        await using ChildProcess server = await WebServer.StartOpenSslAsync(_endPoint, Identity.ForOtherHost());
        Assert.Contains("certificate", await FailAsync());
    }

    [Theory]
    [InlineData("get", "https://localhost/", "--session-file", "")]
    [InlineData("get", "https://localhost/", "--session-file")]
    [InlineData("serve", "--listen", "127.0.0.1:0", "--cert", "a", "--key", "b", "--early-data", "-1")]
    [InlineData("serve", "--listen", "127.0.0.1:0", "--cert", "a", "--key", "b", "--early-data", "1048577")]
    [InlineData("serve", "--listen", "127.0.0.1:0", "--cert", "a", "--key", "b", "--early-data", "much")]
    [InlineData("serve", "--listen", "127.0.0.1:0", "--cert", "a", "--key", "b", "--early-data")]
    public async Task Synhello_TellsWrongUsage(params string[] arguments)
    {
        (int exitCode, byte[] output, string error) = await Synhello.RunAsync(arguments);
        Assert.Equal(2, exitCode);
        Assert.Empty(output);
        Assert.StartsWith("synhello: ", error);
    }

    private static void AssertTls(JsonElement account, bool resumed, string earlyData)
    {
        Assert.Equal(200, account.GetProperty("status").GetInt32());
        Assert.Equal(resumed, account.GetProperty("tls").GetProperty("resumed").GetBoolean());
        Assert.Equal(earlyData, account.GetProperty("tls").GetProperty("earlyData").GetString());
    }

    private Task<JsonElement> VisitAsync(IPEndPoint endPoint) => Synhello.GetJsonAsync(
        $"https://{endPoint}/", "--early-data", "--session-file", SessionFile, "--fast-open", "off");

    private Task<string> FailAsync() => Synhello.FailAsync(
        "get", $"https://{_endPoint}/", "--cacert", Identity.RootFile, "--early-data", "--session-file", SessionFile);
}
