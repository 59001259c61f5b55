using System.Net;

namespace SynHello.Interop.Tests;

/// <summary>
/// "synhello serve --early-data" with requests that openssl s_client sends as early data. The end of the handshake does
/// not reach the server before the client has the whole response: without that, a request could be dispatched after the
/// handshake, and is not early then.
/// </summary>
public sealed class ServeEarlyDataTests : IDisposable
{
    private readonly IPEndPoint _endPoint = PrivateNetwork.NextEndPoint();
    private readonly OpenSslVisitor _visitor;

    public ServeEarlyDataTests() => _visitor = new OpenSslVisitor(_endPoint);

    public void Dispose() => _visitor.Dispose();

    [Theory]
    [InlineData("GET / HTTP/1.1", "", 200, 200)]
    [InlineData("HEAD / HTTP/1.1", "", 200, 200)]
    [InlineData("OPTIONS / HTTP/1.1", "", 405, 405)]
    [InlineData("POST / HTTP/1.1", "abc", 425, 405)]
    [InlineData("GET / HTTP/1.1", "abc", 425, 200)]
    [InlineData("DELETE / HTTP/1.1", "", 425, 405)]
    public async Task Serve_TakesEarlyWhatIsSafe(string line, string body, int earlyStatus, int lateStatus)
    {
        string head = $"{line}\r\n{(body.Length > 0 ? $"Content-Length: {body.Length}\r\n" : "")}";
        await using ChildProcess serve = await ServeAsync();
        await _visitor.VisitAsync("/", "came early: no");

        string early = await AskEarlyAsync(head, body);
        AssertStatus(earlyStatus, early);
        bool isPage = earlyStatus == 200 && line.StartsWith('G');
        Assert.Equal(isPage, early.Contains("came early: yes (Early-Data: 1)", StringComparison.Ordinal));
        Assert.Equal(isPage, early.Contains("Session: resumed", StringComparison.Ordinal));
        Assert.Equal(earlyStatus == 425, early.Contains("Too early", StringComparison.Ordinal));

        // The same behind the handshake is up to the application.
        await using ChildProcess late = await _visitor.StartLateAsync(head, body);
        await late.ExitAsync();
        AssertStatus(lateStatus, late.Transcript);
        Assert.DoesNotContain("came early: yes", late.Transcript);
    }

    [Fact]
    public async Task ServeVerbose_TellsOfEarlyRequests()
    {
        await using ChildProcess serve = await ServeAsync("--verbose");
        await _visitor.VisitAsync("/", "came early: no");
        await AskEarlyAsync("GET / HTTP/1.1\r\n");
        await serve.WaitForAsync("A GET of ");
        await AskEarlyAsync("POST / HTTP/1.1\r\nContent-Length: 0\r\n");
        string line = await serve.WaitForAsync("A POST of ");
        Assert.Contains("425 (Too Early)", line);
    }

    private static void AssertStatus(int status, string transcript) => Assert.Contains(
        $"HTTP/1.1 {status} ",
        Assert.Single(transcript.Split('\n'), line => line.Contains("HTTP/1.1 ", StringComparison.Ordinal)));

    private Task<ChildProcess> ServeAsync(params string[] options) =>
        Synhello.ServeAsync(_endPoint, Identity.For(_endPoint.Address), ["--early-data", "4096", .. options]);

    /// <summary>What a client prints that ends with the server's response, before the server has its Finished.</summary>
    private async Task<string> AskEarlyAsync(string head, string body = "")
    {
        IPEndPoint relayed = PrivateNetwork.NextEndPoint();
        await using var relay = new HeldFinish(relayed, _endPoint);
        await using ChildProcess client = await _visitor.StartEarlyAsync(relayed, head, body);
        await client.ExitAsync();
        Assert.Contains("Early data was accepted", client.Lines);
        return client.Transcript;
    }
}
