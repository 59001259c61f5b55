using System.Net;
using System.Text;

namespace SynHello.Interop.Tests;

/// <summary>
/// Requests that openssl s_client sends as early data to an application over Kestrel, with the end of the handshake
/// held back for as long as a test wants.
/// </summary>
public sealed class EarlyRequestTests : IDisposable
{
    private readonly IPEndPoint _endPoint = PrivateNetwork.NextEndPoint();
    private readonly IPEndPoint _relayed = PrivateNetwork.NextEndPoint();
    private readonly OpenSslVisitor _visitor;

    public EarlyRequestTests() => _visitor = new OpenSslVisitor(_endPoint);

    public void Dispose() => _visitor.Dispose();

    [Theory]
    [InlineData("GET / HTTP/1.1", "")]
    [InlineData("HEAD / HTTP/1.1", "")]
    [InlineData("OPTIONS / HTTP/1.1", "")]
    public async Task SafeRequest_IsAnsweredAndMarkedBeforeTheHandshakeIsComplete(string line, string headers)
    {
        await using EarlyApplication application = await EarlyApplication.StartAsync(_endPoint);
        await VisitAsync();
        await using var relay = new HeldFinish(_relayed, _endPoint);
        await using ChildProcess client = await StartEarlyAsync($"{line}\r\n{headers}");
        await client.WaitForAsync("HTTP/1.1 200 OK");
        if (!line.StartsWith("HEAD", StringComparison.Ordinal))
            await client.WaitForAsync("done, incomplete");
        relay.LetGo();
        await client.ExitAsync();
        Assert.Equal(["GET late []", $"{line.Split(' ')[0]} early [1]"], application.Runs);
    }

    /// <summary>Marking it as somebody else's, or as not early, helps no client.</summary>
    [Theory]
    [InlineData("POST / HTTP/1.1", "Content-Length: 3\r\n", "abc")]
    [InlineData("POST / HTTP/1.1", "Content-Length: 0\r\n", "")]
    [InlineData("PUT / HTTP/1.1", "Transfer-Encoding: chunked\r\n", "3\r\nabc\r\n0\r\n\r\n")]
    [InlineData("DELETE / HTTP/1.1", "", "")]
    [InlineData("get / HTTP/1.1", "Content-Length: 3\r\n", "abc")]
    [InlineData("GET / HTTP/1.1", "Content-Length: 3\r\n", "abc")]
    [InlineData("GET / HTTP/1.1", "Transfer-Encoding: chunked\r\n", "3\r\nabc\r\n0\r\n\r\n")]
    [InlineData("GET / HTTP/1.1", "Connection: Upgrade\r\nUpgrade: websocket\r\n", "")]
    [InlineData("POST / HTTP/1.1", "Early-Data: 0\r\nContent-Length: 0\r\n", "")]
    public async Task UnsafeRequest_IsAnsweredTooEarlyAndDoesNotRun(string line, string headers, string body)
    {
        await using EarlyApplication application = await EarlyApplication.StartAsync(_endPoint);
        await VisitAsync();
        await using var relay = new HeldFinish(_relayed, _endPoint);
        await using ChildProcess client = await StartEarlyAsync($"{line}\r\n{headers}", body);
        await client.WaitForAsync("HTTP/1.1 425 ");
        await client.WaitForAsync("Too early: ");
        relay.LetGo();
        client.CloseInput();
        await client.ExitAsync();
        Assert.Equal(["GET late []"], application.Runs);
    }

    [Fact]
    public async Task Handler_CanWaitForTheHandshake()
    {
        await using EarlyApplication application = await EarlyApplication.StartAsync(_endPoint);
        await VisitAsync();
        await using var relay = new HeldFinish(_relayed, _endPoint);
        await using ChildProcess client = await StartEarlyAsync("GET /wait HTTP/1.1\r\n");
        Task completed = await application.Waiting;
        Assert.False(completed.IsCompleted);
        relay.LetGo();
        await client.WaitForAsync("done, complete");
        await completed;
        Assert.Equal(["GET late []", "GET early [1]"], application.Runs);
    }

    [Fact]
    public async Task Connection_ThatDiesBeforeTheHandshakeIsComplete_IsEnded()
    {
        await using EarlyApplication application = await EarlyApplication.StartAsync(_endPoint);
        await VisitAsync();
        Task completed;
        await using (var relay = new HeldFinish(_relayed, _endPoint))
        {
            await using ChildProcess client = await StartEarlyAsync("GET /wait HTTP/1.1\r\n");
            completed = await application.Waiting;
        }

        Exception? exception = await Record.ExceptionAsync(() => completed.WaitAsync(ChildProcess.Patience));
        Assert.True(exception is IOException or OperationCanceledException, $"{exception}");
        await VisitAsync();
        Assert.Equal(["GET late []", "GET early [1]", "GET late []"], application.Runs);
    }

    /// <summary>
    /// The client's Finished comes when the whole response is in the server's hands, and most of it not sent.
    /// </summary>
    [Fact]
    public async Task Response_IsWholeWhenTheHandshakeIsCompleteOnlyAfterIt()
    {
        await using EarlyApplication application = await EarlyApplication.StartAsync(_endPoint);
        await VisitAsync();
        await using var relay = new HeldFinish(_relayed, _endPoint, holdsAnswer: true);
        await using ChildProcess client = await StartEarlyAsync("GET /long HTTP/1.1\r\n");
        await application.Answered;
        await VisitAsync(); // what the first connection has left to do is done meanwhile
        relay.LetGo();
        await client.WaitForAsync("done, incomplete");
    }

    /// <summary>Without its middleware an application has not said that early requests may run.</summary>
    [Theory]
    [InlineData("GET / HTTP/1.1\r\n")]
    [InlineData("POST / HTTP/1.1\r\nContent-Length: 0\r\n")]
    public async Task EarlyRequest_WaitsForTheHandshakeUnlessTheApplicationTakesIt(string request)
    {
        await using EarlyApplication application = await EarlyApplication.StartAsync(_endPoint, usesEarlyData: false);
        await VisitAsync();
        await using var relay = new HeldFinish(_relayed, _endPoint);
        await using ChildProcess client = await StartEarlyAsync(request);
        await relay.Answering;
        await VisitAsync(); // it would have run by now
        relay.LetGo();
        await client.WaitForAsync("done, complete");
        Assert.Equal(["GET late []", "GET late []", $"{request.Split(' ')[0]} late []"], application.Runs);
    }

    /// <summary>
    /// RFC 8470 section 5.1: whatever its value, the header means 1, and what a gateway took early is early.
    /// </summary>
    [Theory]
    [InlineData("GET", "Early-Data: 1\r\n", "GET late [1]")]
    [InlineData("GET", "Early-Data: 0\r\n", "GET late [1]")]
    [InlineData("GET", "Early-Data:\r\n", "GET late [1]")]
    [InlineData("GET", "Early-Data: 1\r\nearly-data: 1\r\n", "GET late [1]")]
    [InlineData("POST", "Early-Data: 1\r\nContent-Length: 0\r\n", null)]
    [InlineData("POST", "Content-Length: 0\r\n", "POST late []")]
    public async Task GatewaysMark_IsKept(string method, string headers, string? run)
    {
        await using EarlyApplication application = await EarlyApplication.StartAsync(_endPoint);
        await using SecureStream stream = await new SecureClient(
            new SecureClientOptions { TrustedRoots = [Identity.Root] }).ConnectAsync(_endPoint, Identity.Host);
        await stream.WriteAsync(Encoding.ASCII.GetBytes(
            $"{method} / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{headers}\r\n"));
        using var reader = new StreamReader(stream);
        string response = await reader.ReadToEndAsync().WaitAsync(ChildProcess.Patience);
        Assert.StartsWith(run is null ? "HTTP/1.1 425 " : "HTTP/1.1 200 ", response);
        Assert.Equal(run is null ? [] : [run], application.Runs);
    }

    private Task VisitAsync() => _visitor.VisitAsync("/first", "done, complete");

    private Task<ChildProcess> StartEarlyAsync(string head, string body = "") =>
        _visitor.StartEarlyAsync(_relayed, head, body);
}
