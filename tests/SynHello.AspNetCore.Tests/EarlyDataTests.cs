using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;

using SynHello.Interop.Tests;
using SynHello.Testing;
using SynHello.Tls;

namespace SynHello.AspNetCore.Tests;

/// <summary>Which requests run before the handshake is complete, over HTTP/1.1, with its end held back.</summary>
public sealed class EarlyDataTests
{
    private readonly IPEndPoint _endPoint = PrivateNetwork.NextEndPoint();
    private readonly IPEndPoint _relayed = PrivateNetwork.NextEndPoint();
    private readonly ConcurrentQueue<string> _runs = new();
    private readonly EarlyVisitor _visitor;

    public EarlyDataTests() => _visitor = new EarlyVisitor(_endPoint, SslApplicationProtocol.Http11);

    [Theory]
    [InlineData("GET /allowed")]
    [InlineData("GET /attribute")]
    [InlineData("GET /group/in")]
    [InlineData("HEAD /allowed")]
    public async Task EndpointThatOptedIn_RunsEarly(string request)
    {
        await using WebServer server = await StartAsync();
        await VisitAsync();
        string answer = await GetEarlyAsync(request);
        Assert.StartsWith("HTTP/1.1 200 ", answer);
        Assert.Equal($"{request} early [1]", Assert.Single(_runs));
    }

    [Theory]
    [InlineData("GET /silent")]
    [InlineData("GET /group/out")]
    [InlineData("GET /nowhere")]
    [InlineData("POST /allowed")]
    [InlineData("DELETE /allowed")]
    public async Task AnythingElse_IsAnsweredTooEarlyAndArrivesOnTheRetry(string request)
    {
        await using WebServer server = await StartAsync();
        await VisitAsync();
        Assert.StartsWith("HTTP/1.1 425 ", await GetEarlyAsync(request));
        Assert.Empty(_runs);
        var late = new EarlyVisitor(_endPoint, SslApplicationProtocol.Http11);
        string answer = await late.GetAsync($"{request} HTTP/1.1");
        Assert.StartsWith(request.EndsWith("nowhere", StringComparison.Ordinal) ? "HTTP/1.1 404" : "HTTP/1.1 200", answer);
        Assert.All(_runs, run => Assert.Equal($"{request} late []", run));
    }

    [Fact]
    public async Task AllowByDefault_LeavesTheEndpointTheLastWord()
    {
        await using WebServer server = await StartAsync(new EarlyDataOptions { AllowByDefault = true });
        await VisitAsync();
        await GetEarlyAsync("GET /silent");
        await VisitAsync();
        Assert.StartsWith("HTTP/1.1 425 ", await GetEarlyAsync("GET /group/out"));
        await VisitAsync();
        Assert.StartsWith("HTTP/1.1 404 ", await GetEarlyAsync("GET /nowhere"));
        Assert.Equal("GET /silent early [1]", Assert.Single(_runs));
    }

    [Fact]
    public async Task Handler_CanWaitForTheHandshake()
    {
        await using WebServer server = await StartAsync();
        await VisitAsync();
        await using var relay = new HeldFinish(_relayed, _endPoint);
        Task<string> asking = _visitor.GetAsync("GET /wait HTTP/1.1", _relayed);
        Assert.Equal("GET /wait early [1]", await RunAsync());
        relay.LetGo();
        Assert.Contains("\r\nearly, and complete\r\n", await asking);
    }

    /// <summary>Over Kestrel too the handshake's time is limited, whoever waits for it.</summary>
    [Fact]
    public async Task HandlerThatWaits_IsToldThatTheHandshakeTookTooLong()
    {
        var clock = new FakeTimeProvider();
        var told = new TaskCompletionSource<Exception?>();
        await using WebServer server = await WebServer.StartAsync(
            _endPoint,
            application =>
            {
                application.UseEarlyData();
                application.MapGet("/first", () => "here");
                application.MapGet("/wait", async context =>
                {
                    Note(context);
                    told.SetResult(await Record.ExceptionAsync(() => context.WaitForHandshakeAsync()));
                }).AllowEarlyData();
            },
            listener => (listener.MaximumEarlyData, listener.TimeProvider) = (16_384, clock));
        await VisitAsync();
        await using var relay = new HeldFinish(_relayed, _endPoint);
        await using SecureStream stream = await _visitor.ConnectAsync(EarlyVisitor.Request("GET /wait HTTP/1.1"), _relayed);
        Assert.Equal("GET /wait early [1]", await RunAsync());
        clock.Advance(TimeSpan.FromSeconds(9.9));
        Assert.False(told.Task.IsCompleted);
        clock.Advance(TimeSpan.FromSeconds(0.2));
        Assert.IsType<TimeoutException>(await told.Task.WaitAsync(ChildProcess.Patience));
    }

    /// <summary>Nobody has read then, and nobody else goes on with the handshake.</summary>
    [Fact]
    public async Task ConnectionMiddleware_CanWaitForTheHandshake()
    {
        await using WebServer server = await WebServer.StartAsync(
            builder => builder.WebHost.UseSynHello(
                options =>
                {
                    options.ListenEndPoint = _endPoint;
                    options.Credentials = [Identity.For(_endPoint.Address).Credential];
                    options.MaximumEarlyData = 16_384;
                    options.HandshakeTimeout = Timeout.InfiniteTimeSpan; // whose end would look for itself
                },
                listen => listen.Use(next => async connection =>
                {
                    await connection.Features.GetRequiredFeature<ISecureConnectionFeature>().HandshakeCompleted;
                    await next(connection);
                })),
            application => application.MapGet("/first", () => "here"));
        await VisitAsync();
        await VisitAsync(); // early, this time
    }

    /// <summary>A part of the next request stays unread meanwhile, which keeps nobody from reading on to the end of the handshake.</summary>
    [Fact]
    public async Task HandlerThatWaits_IsNotHeldUpByTheNextRequest()
    {
        await using WebServer server = await StartAsync();
        await VisitAsync();
        await using var relay = new HeldFinish(_relayed, _endPoint);
        Task<SecureStream> connecting = _visitor.ConnectAsync(
            [
                .. "GET /wait HTTP/1.1\r\nHost: localhost\r\n\r\n"u8,
                .. EarlyVisitor.Request($"GET /allowed HTTP/1.1\r\nX: {new string('x', 6000)}"),
            ],
            _relayed);
        Assert.Equal("GET /wait early [1]", await RunAsync());
        relay.LetGo();
        await using SecureStream stream = await connecting;
        string answers = await EarlyVisitor.ReadAsync(stream);
        Assert.Contains("\r\nearly, and complete\r\n", answers);
        Assert.Contains("late, and complete: True", answers); // its rest was not there before
    }

    /// <summary>What is behind the early request on the same connection did not come early.</summary>
    [Fact]
    public async Task RequestsOfOneConnection_AreToldApart()
    {
        await using WebServer server = await StartAsync();
        await VisitAsync();
        await using var relay = new HeldFinish(_relayed, _endPoint);
        await using SecureStream stream = await _visitor.ConnectAsync("GET /allowed?1 HTTP/1.1\r\nHost: localhost\r\n\r\n"u8.ToArray(), _relayed);
        Assert.Equal("GET /allowed early [1]", await RunAsync());
        relay.LetGo();
        await stream.WriteAsync(EarlyVisitor.Request("GET /allowed?2 HTTP/1.1"));
        string answers = await EarlyVisitor.ReadAsync(stream);
        Assert.Contains("early, and complete: False", answers);
        Assert.Contains("late, and complete: True", answers);
        Assert.Equal("GET /allowed late []", await RunAsync());
    }

    /// <summary>Whoever is in the way of the SYN's data has it, and sends it as often as wanted.</summary>
    [Fact]
    public async Task EarlyRequestThatSomebodyReplays_RunsOnce()
    {
        await using WebServer server = await StartAsync();
        await VisitAsync();
        byte[] flight = await RecordAsync();
        for (int i = 0; i < 5; i++)
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(_endPoint);
            await socket.SendAsync(flight);
            Assert.True(await socket.ReceiveAsync(new byte[4096]) > 0); // the server's flight, with an answer or without
            await using var patience = await _visitor.ConnectAsync(EarlyVisitor.Request("GET /silent HTTP/1.1"));
            await EarlyVisitor.ReadAsync(patience); // what the replay would run has run by now
        }

        Assert.Single(_runs, run => run.StartsWith("GET /allowed", StringComparison.Ordinal));
    }

    [Fact]
    public async Task InFrontOfRouting_IsRefusedAtTheStart()
    {
        var exception = await Assert.ThrowsAsync<InvalidOperationException>(() => WebServer.StartAsync(_endPoint, application =>
        {
            application.UseEarlyData();
            application.UseRouting();
        }));
        Assert.Contains("behind UseRouting", exception.Message);
        await using WebServer server = await WebServer.StartAsync(_endPoint, application =>
        {
            application.UseRouting();
            application.UseEarlyData();
        });
    }

    private Task<WebServer> StartAsync(EarlyDataOptions? options = null) => WebServer.StartAsync(
        _endPoint,
        application =>
        {
            if (options is null)
                application.UseEarlyData();
            else
                application.UseEarlyData(options);
            string[] methods = ["GET", "HEAD", "POST", "DELETE"];
            application.MapMethods("/allowed", methods, RunAsync).AllowEarlyData();
            application.MapGet("/attribute", [AllowEarlyData] (HttpContext context) => RunAsync(context));
            application.MapGet("/silent", RunAsync);
            RouteGroupBuilder group = application.MapGroup("/group").AllowEarlyData();
            group.MapGet("/in", RunAsync);
            group.MapGet("/out", RunAsync).DisallowEarlyData();
            application.MapGet("/first", () => "here");
            application.MapGet("/wait", async context =>
            {
                Note(context);
                await context.WaitForHandshakeAsync();
                await context.Response.WriteAsync($"{(context.IsEarlyData() ? "early" : "late")}, and complete");
            }).AllowEarlyData();
        },
        listener =>
        {
            listener.MaximumEarlyData = 16_384;
            listener.HandshakeTimeout = Timeout.InfiniteTimeSpan; // the tests hold handshakes back
        });

    private async Task RunAsync(HttpContext context)
    {
        Note(context);
        await context.Response.WriteAsync($"{(context.IsEarlyData() ? "early" : "late")}, and complete: {context.WaitForHandshakeAsync().IsCompleted}\n");
    }

    private void Note(HttpContext context) => _runs.Enqueue(
        $"{context.Request.Method} {context.Request.Path} {(context.IsEarlyData() ? "early" : "late")} [{context.Request.Headers["Early-Data"]}]");

    private async Task VisitAsync() =>
        Assert.Contains("\r\nhere", await _visitor.GetAsync("GET /first HTTP/1.1"));

    /// <summary>Asks early, and lets the handshake end when the answer is there.</summary>
    private async Task<string> GetEarlyAsync(string request)
    {
        await using var relay = new HeldFinish(_relayed, _endPoint);
        await using SecureStream stream = await _visitor.ConnectAsync(EarlyVisitor.Request($"{request} HTTP/1.1"), _relayed);
        Assert.Equal(EarlyDataStatus.Accepted, stream.Report.EarlyData);
        byte[] first = new byte[12];
        await stream.ReadExactlyAsync(first).AsTask().WaitAsync(ChildProcess.Patience);
        relay.LetGo();
        return System.Text.Encoding.ASCII.GetString(first) + await EarlyVisitor.ReadAsync(stream);
    }

    /// <summary>Waits for the next request that runs.</summary>
    private async Task<string> RunAsync()
    {
        using var patience = new CancellationTokenSource(ChildProcess.Patience);
        string? run;
        while (!_runs.TryDequeue(out run))
            await Task.Delay(10, patience.Token);
        return run;
    }

    /// <summary>A first flight with early data, which the server has not seen.</summary>
    private async Task<byte[]> RecordAsync()
    {
        using var listener = new TcpListener(_relayed);
        listener.Start();
        Task<SecureStream> connecting = _visitor.ConnectAsync(EarlyVisitor.Request("GET /allowed HTTP/1.1"), _relayed);
        using Socket socket = await listener.AcceptSocketAsync();
        var flight = new List<byte>();
        byte[] buffer = new byte[4096];
        do
        {
            int count = await socket.ReceiveAsync(buffer);
            flight.AddRange(buffer.AsSpan(0, count));
        }
        while (!flight.Contains(23)); // application_data: the early data's record, which is small, came in one piece with its header
        socket.Close();
        await Assert.ThrowsAnyAsync<Exception>(() => connecting);
        return [.. flight];
    }
}
