using System.Net;
using System.Text.RegularExpressions;

using SynHello.Sockets;

namespace SynHello.Interop.Tests;

/// <summary>Our client comes back to nginx and to haproxy.</summary>
public sealed partial class WebServerEarlyDataTests : IDisposable
{
    private const string Path = "/early";

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("synhello-early-");
    private readonly IPEndPoint _endPoint = PrivateNetwork.NextEndPoint();
    private readonly Identity _identity;

    public WebServerEarlyDataTests() => _identity = Identity.For(_endPoint.Address);

    public void Dispose() => _directory.Delete(recursive: true);

    [Theory]
    [InlineData("nginx")]
    [InlineData("haproxy")]
    public async Task Client_IsTakenAtItsEarlyWord(string program)
    {
        await using ChildProcess server = await StartAsync(program);
        ReturningClient client = await VisitAsync();

        (HandshakeReport report, string response) = await client.GetAsync(Path);

        ReturningClient.AssertAccepted(report, ReturningClient.Request(Path));
        AssertAnswered(response, isResumed: true);
        Assert.Equal(1, await EarlyDataWebServer.CountAsync(server, Path));
    }

    /// <summary>haproxy takes early data too, and waits for the end of the handshake before it acts on it.</summary>
    [Fact]
    public async Task Nginx_AnswersEarlyDataBeforeTheHandshakeIsComplete()
    {
        await using ChildProcess server = await StartAsync("nginx");
        ReturningClient client = await VisitAsync();

        string answer = await FirstFlight.AnswerAsync(
            _endPoint, client.Sessions.All[^1], ReturningClient.Request(Path), until: ".\n");

        Assert.Contains($"path={Path} early=1", answer);
    }

    /// <summary>The request is in the SYN with the hello and the cookie of the first visit.</summary>
    [Theory]
    [InlineData("nginx")]
    [InlineData("haproxy")]
    public async Task Request_RidesInTheSyn(string program)
    {
        await using ChildProcess server = await StartAsync(program);
        ReturningClient client = await VisitAsync();

        (HandshakeReport report, string response) = await client.GetAsync(Path);

        ReturningClient.AssertAccepted(report, ReturningClient.Request(Path));
        Assert.Equal(FastOpenOutcome.Cookie, report.FastOpen);
        Assert.Equal((report.FirstFlightBytes, 0), (report.SynDataBytes, report.SynOverflowBytes));
        Assert.Equal((0, 1), (report.RoundTripsUntilRequest, report.RoundTripsUntilFirstByte));
        AssertAnswered(response, isResumed: true);
    }

    [Theory]
    [InlineData("nginx")]
    [InlineData("haproxy")]
    public async Task ServerThatTakesNoneAnyMore_IsSentTheRequestOnceAfterTheHandshake(string program)
    {
        ReturningClient client;
        await using (ChildProcess before = await StartAsync(program))
            client = await VisitAsync();
        await using ChildProcess server = await StartAsync(program, earlyData: false);

        (HandshakeReport report, string response) = await client.GetAsync(Path);

        ReturningClient.AssertRejected(report, EarlyDataReason.RejectedByServer, isResumed: true);
        AssertAnswered(response, isResumed: true);
        Assert.Equal(1, await EarlyDataWebServer.CountAsync(server, Path));
    }

    [Theory]
    [InlineData("nginx")]
    [InlineData("haproxy")]
    public async Task ServerThatKnowsNoTicketAnyMore_IsSentTheRequestOnceAfterTheHandshake(string program)
    {
        ReturningClient client;
        await using (ChildProcess before = await StartAsync(program))
            client = await VisitAsync();
        File.Delete(System.IO.Path.Combine(_directory.FullName, "ticket.keys"));
        await using ChildProcess server = await StartAsync(program);

        (HandshakeReport report, string response) = await client.GetAsync(Path);

        ReturningClient.AssertRejected(report, EarlyDataReason.RejectedByServer, isResumed: false);
        AssertAnswered(response, isResumed: false);
        Assert.Equal(1, await EarlyDataWebServer.CountAsync(server, Path));
    }

    [Theory]
    [InlineData("nginx")]
    [InlineData("haproxy")]
    public async Task HelloRetryRequest_SendsTheRequestOnceAfterTheHandshake(string program)
    {
        await using ChildProcess server = await StartAsync(program, groups: "P-256");
        ReturningClient client = await VisitAsync();

        (HandshakeReport report, string response) = await client.GetAsync(Path);

        ReturningClient.AssertRejected(report, EarlyDataReason.HelloRetryRequested, isResumed: true);
        Assert.Equal("secp256r1", report.Group.ToString());
        AssertAnswered(response, isResumed: true);
        Assert.Equal(1, await EarlyDataWebServer.CountAsync(server, Path));
    }

    private async Task<ReturningClient> VisitAsync()
    {
        var client = new ReturningClient(_endPoint);
        (HandshakeReport report, string response) = await client.GetAsync("/first");
        Assert.Equal(EarlyDataReason.NoSession, report.EarlyDataReason);
        Assert.Contains("path=/first", response);
        Assert.NotEmpty(client.Sessions.All);
        return client;
    }

    private static void AssertAnswered(string response, bool isResumed)
    {
        Match said = Assert.Single(Said().Matches(response));
        Assert.Equal(Path, said.Groups["path"].Value);
        Assert.Equal(isResumed, said.Groups["reused"].Value is "r" or "1");
    }

    private Task<ChildProcess> StartAsync(string program, bool earlyData = true, string groups = "X25519:P-256:P-384") =>
        program == "nginx"
            ? EarlyDataWebServer.StartNginxAsync(_endPoint, _identity, _directory.FullName, earlyData, groups)
            : EarlyDataWebServer.StartHaproxyAsync(_endPoint, _identity, _directory.FullName, earlyData, groups);

    // nginx says nothing where haproxy says 0.
    [GeneratedRegex(@"path=(?<path>\S+) early=(?<early>\d?) reused=(?<reused>\S)\.\n", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Said();
}
