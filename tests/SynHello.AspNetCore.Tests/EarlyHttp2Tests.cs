using System.Net;
using System.Net.Security;

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

using SynHello.Interop.Tests;
using SynHello.Tls;

using static SynHello.AspNetCore.Tests.Http2Frames;

namespace SynHello.AspNetCore.Tests;

/// <summary>HTTP/2 over early data: streams of one connection, some of which came before the handshake was complete.</summary>
public sealed class EarlyHttp2Tests
{
    private readonly IPEndPoint _endPoint = PrivateNetwork.NextEndPoint();
    private readonly IPEndPoint _relayed = PrivateNetwork.NextEndPoint();
    private readonly EarlyVisitor _visitor;

    public EarlyHttp2Tests() => _visitor = new EarlyVisitor(_endPoint, SslApplicationProtocol.Http2);

    /// <summary>Each says the same of itself before and after, whatever the connection has come to meanwhile.</summary>
    [Fact]
    public async Task Streams_AreToldApart()
    {
        var letGo = new TaskCompletionSource();
        using var running = new SemaphoreSlim(0);
        await using WebServer server = await StartAsync(application => application.MapGet("/{number}", async context =>
        {
            string before = $"{context.IsEarlyData()} [{context.Request.Headers["Early-Data"]}]";
            running.Release();
            await letGo.Task;
            await context.WaitForHandshakeAsync();
            await context.Response.WriteAsync($"{before} {context.IsEarlyData()}");
        }).AllowEarlyData());
        await VisitAsync();
        await using var relay = new HeldFinish(_relayed, _endPoint);
        await using SecureStream stream = await _visitor.ConnectAsync(
            [.. Preface, .. Request(1, "GET", "/1"), .. Request(3, "GET", "/3")], _relayed);
        Assert.Equal(EarlyDataStatus.Accepted, stream.Report.EarlyData);
        for (int i = 0; i < 2; i++)
            Assert.True(await running.WaitAsync(ChildProcess.Patience)); // and not one of them after the handshake
        await stream.WriteAsync(Request(5, "GET", "/5"));
        relay.LetGo();
        letGo.SetResult();
        string[] answers = new string[3];
        for (int i = 0; i < 3; i++)
        {
            (byte type, int number, byte[] payload) = await ReadAsync(stream).WaitAsync(ChildProcess.Patience);
            if (type == Data && payload.Length > 0)
                answers[number / 2] = System.Text.Encoding.ASCII.GetString(payload);
            else
                i--;
        }

        Assert.Equal(["True [1] True", "True [1] True", "False [] False"], answers);
    }

    [Fact]
    public async Task StreamsThatMayNotComeEarly_AreAnsweredTooEarlyAndArriveOnTheRetry()
    {
        await using WebServer server = await StartAsync(application =>
        {
            application.MapGet("/silent", () => "here");
            application.MapPost("/allowed", () => "there").AllowEarlyData();
        });
        await VisitAsync();
        await using var relay = new HeldFinish(_relayed, _endPoint);
        await using SecureStream stream = await _visitor.ConnectAsync(
            [.. Preface, .. Request(1, "GET", "/silent"), .. Request(3, "POST", "/allowed")], _relayed);
        string[] early = new string[2];
        for (int i = 0; i < 2; i++)
        {
            (byte type, int number, byte[] payload) = await ReadAsync(stream).WaitAsync(ChildProcess.Patience);
            if (type == Data && payload.Length > 0)
                early[number / 2] = System.Text.Encoding.ASCII.GetString(payload);
            else
                i--;
        }

        Assert.All(early, answer => Assert.StartsWith("Too early", answer));
        relay.LetGo();
        await stream.WriteAsync(Request(5, "GET", "/silent"));
        Assert.Equal("here", await ReadBodyAsync(stream, 5).WaitAsync(ChildProcess.Patience));
        await stream.WriteAsync(Request(7, "POST", "/allowed"));
        Assert.Equal("there", await ReadBodyAsync(stream, 7).WaitAsync(ChildProcess.Patience));
    }

    /// <summary>More early data than Kestrel takes at once, while one of its requests waits for the handshake.</summary>
    [Fact]
    public async Task StreamThatWaits_HoldsUpNoOther()
    {
        await using WebServer server = await StartAsync(
            application =>
            {
                application.MapGet("/wait", async context =>
                {
                    await context.WaitForHandshakeAsync();
                    await context.Response.WriteAsync("complete");
                }).AllowEarlyData();
                application.MapGet("/now", (HttpContext context) => $"{context.IsEarlyData()}").AllowEarlyData();
            },
            16_384);
        await VisitAsync();
        for (int i = 0; i < 10; i++)
        {
            await using var relay = new HeldFinish(_relayed, _endPoint);
            await using SecureStream stream = await _visitor.ConnectAsync(
                [.. Preface, .. Request(1, "GET", "/wait"), .. Frame(0xee, 0, 0, new byte[9000]), .. Request(3, "GET", "/now")], _relayed);
            Assert.Equal(EarlyDataStatus.Accepted, stream.Report.EarlyData);
            Assert.Equal("True", await ReadBodyAsync(stream, 3).WaitAsync(ChildProcess.Patience));
            relay.LetGo();
            await stream.WriteAsync(Request(5, "GET", "/now"));
            string[] bodies = new string[2];
            for (int found = 0; found < 2;)
            {
                (byte type, int number, byte[] payload) = await ReadAsync(stream).WaitAsync(ChildProcess.Patience);
                if (type == Data && payload.Length > 0)
                    (bodies[number / 4], found) = (System.Text.Encoding.ASCII.GetString(payload), found + 1);
            }

            Assert.Equal(["complete", "False"], bodies);
        }
    }

    /// <summary>A request whose fields end behind the handshake is nobody's replay.</summary>
    [Fact]
    public async Task StreamThatIsWholeAfterTheHandshake_IsNotEarly()
    {
        await using WebServer server = await StartAsync(
            application => application.MapGet("/", (HttpContext context) => $"{context.IsEarlyData()}"));
        await VisitAsync();
        await using var relay = new HeldFinish(_relayed, _endPoint);
        await using SecureStream stream = await _visitor.ConnectAsync(
            [.. Preface, .. Request(1, "GET", "/", endsHeaders: false)], _relayed);
        await ReadAsync(stream);
        relay.LetGo();
        await stream.WriteAsync(EndOfHeaders(1));
        Assert.Equal("False", await ReadBodyAsync(stream, 1).WaitAsync(ChildProcess.Patience));
    }

    private Task<WebServer> StartAsync(Action<WebApplication> map, int maximumEarlyData = 4096) => WebServer.StartAsync(
        _endPoint,
        application =>
        {
            application.UseEarlyData();
            application.MapGet("/first", () => "here");
            map(application);
        },
        listener =>
        {
            listener.MaximumEarlyData = maximumEarlyData;
            listener.HandshakeTimeout = Timeout.InfiniteTimeSpan; // the tests hold handshakes back
        });

    private async Task VisitAsync()
    {
        await using SecureStream stream = await _visitor.ConnectAsync([.. Preface, .. Request(1, "GET", "/first")]);
        Assert.Equal("here", await ReadBodyAsync(stream, 1).WaitAsync(ChildProcess.Patience));
    }
}
