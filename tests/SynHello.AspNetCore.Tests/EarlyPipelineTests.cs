using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Security.Claims;
using System.Text.Encodings.Web;

using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

using SynHello.Interop.Tests;
using SynHello.Tls;

namespace SynHello.AspNetCore.Tests;

/// <summary>What stands in front of UseEarlyData, or beside it, runs nothing early that may not.</summary>
public sealed class EarlyPipelineTests
{
    private readonly IPEndPoint _endPoint = PrivateNetwork.NextEndPoint();
    private readonly IPEndPoint _relayed = PrivateNetwork.NextEndPoint();
    private readonly ConcurrentQueue<string> _runs = new();
    private readonly EarlyVisitor _visitor;

    public EarlyPipelineTests() => _visitor = new EarlyVisitor(_endPoint, SslApplicationProtocol.Http11);

    /// <summary>Routing itself runs such endpoints, in front of all other middleware.</summary>
    [Theory]
    [InlineData("POST /pay", 425)]
    [InlineData("GET /pay", 425)]
    [InlineData("POST /read", 425)]
    [InlineData("GET /read", 200)]
    public async Task ShortCircuit_RunsWhatOptedInAlone(string request, int status)
    {
        await using WebServer server = await StartAsync(application =>
        {
            application.UseEarlyData();
            application.MapMethods("/pay", ["GET", "POST"], RunAsync).ShortCircuit();
            application.MapMethods("/read", ["GET", "POST"], RunAsync).ShortCircuit().AllowEarlyData();
        });
        await VisitAsync();
        Assert.StartsWith($"HTTP/1.1 {status} ", await GetEarlyAsync(request));
        Assert.Equal(status == 200 ? [$"{request} early [1]"] : [], _runs);
        Assert.StartsWith("HTTP/1.1 200 ", await GetAsync(request));
    }

    [Theory]
    [InlineData("POST /allowed", "", 425)]
    [InlineData("POST /allowed", "12345", 425)]
    [InlineData("GET /allowed", "12345", 425)]
    [InlineData("GET /allowed", "", 200)]
    [InlineData("DELETE /nowhere", "", 425)]
    public async Task MiddlewareInFront_SeesOnlySafeRequestsWithoutABody(string request, string body, int status)
    {
        await using WebServer server = await StartAsync(application =>
        {
            application.Use((context, next) =>
            {
                Note(context);
                return next(context);
            });
            application.UseEarlyData();
            application.MapMethods("/allowed", ["GET", "POST"], context => context.Response.WriteAsync("here")).AllowEarlyData();
        });
        await VisitAsync();
        _runs.Clear();
        Assert.StartsWith($"HTTP/1.1 {status} ", await GetEarlyAsync(request, body));
        Assert.Equal(status == 200 ? [$"{request} early [1]"] : [], _runs);
    }

    /// <summary>A WebApplication would have put it in front of everything, where it runs whole requests.</summary>
    [Theory]
    [InlineData("POST /signin", 425)]
    [InlineData("GET /signin", 425)]
    [InlineData("GET /who", 200)]
    public async Task AutomaticAuthentication_ComesBehind(string request, int status)
    {
        await using WebServer server = await StartAsync(
            application =>
            {
                application.UseEarlyData();
                application.MapGet("/who", async context =>
                {
                    Note(context);
                    await context.Response.WriteAsync($"{context.User.Identity?.Name}");
                }).AllowEarlyData().RequireAuthorization();
            },
            AddAuthentication);
        await VisitAsync();
        _runs.Clear();
        string answer = await GetEarlyAsync(request);
        Assert.StartsWith($"HTTP/1.1 {status} ", answer);
        Assert.Equal(status == 200 ? [$"{request} early [1]"] : [], _runs);
        if (status == 200)
            Assert.Contains("alice", answer);
        else
            Assert.StartsWith("HTTP/1.1 204 ", await GetAsync(request)); // late, it is authentication's
    }

    [Fact]
    public async Task AuthenticationThatIsPlaced_RunsOnceAndBehind()
    {
        await using WebServer server = await StartAsync(
            application =>
            {
                application.UseEarlyData();
                application.UseAuthentication();
                application.UseAuthorization();
                application.MapGet("/who", context => context.Response.WriteAsync($"{context.User.Identity?.Name}"))
                    .AllowEarlyData().RequireAuthorization();
            },
            AddAuthentication);
        await VisitAsync();
        Assert.StartsWith("HTTP/1.1 425 ", await GetEarlyAsync("GET /signin"));
        Assert.Contains("alice", await GetEarlyAsync("GET /who"));
    }

    [Theory]
    [InlineData("Map", "UseEarlyData has to be called on the application itself")]
    [InlineData("UseWhen", "UseEarlyData has to be called on the application itself")]
    [InlineData("UseAuthentication", "UseEarlyData has to come in front of UseAuthentication")]
    public async Task WrongPlace_IsRefusedAtTheStart(string place, string expected)
    {
        var exception = await Assert.ThrowsAsync<InvalidOperationException>(() => StartAsync(
            application =>
            {
                if (place == "Map")
                    application.Map("/api", branch => branch.UseEarlyData());
                else if (place == "UseWhen")
                    application.UseWhen(_ => true, branch => branch.UseEarlyData());
                else
                    application.UseAuthentication().UseEarlyData();
            },
            AddAuthentication));
        Assert.StartsWith(expected, exception.Message);
        Assert.DoesNotContain('\n', exception.Message);
    }

    /// <summary>An action's own word, whatever its controller or those who map them all say.</summary>
    [Theory]
    [InlineData("GET /early/in", 200)]
    [InlineData("GET /early/out", 425)]
    public async Task Controllers_MayOptOut(string request, int status)
    {
        await using WebServer server = await StartAsync(
            application =>
            {
                application.UseEarlyData();
                application.MapControllers().AllowEarlyData();
            },
            builder =>
            {
                builder.Services.AddControllers().AddApplicationPart(typeof(EarlyController).Assembly);
                builder.Services.AddSingleton<Action<HttpContext>>(Note);
            });
        await VisitAsync();
        Assert.StartsWith($"HTTP/1.1 {status} ", await GetEarlyAsync(request));
        Assert.Equal(status == 200 ? [$"{request} early [1]"] : [], _runs);
        Assert.StartsWith("HTTP/1.1 200 ", await GetAsync(request));
    }

    private Task<WebServer> StartAsync(Action<WebApplication> map, Action<WebApplicationBuilder>? build = null) => WebServer.StartAsync(
        _endPoint,
        application =>
        {
            map(application);
            application.MapGet("/first", () => "here");
        },
        listener =>
        {
            listener.MaximumEarlyData = 16_384;
            listener.HandshakeTimeout = Timeout.InfiniteTimeSpan; // the tests hold handshakes back
        },
        build,
        WebApplication.CreateSlimBuilder); // which puts middleware in by itself

    private void AddAuthentication(WebApplicationBuilder builder)
    {
        builder.Services.AddAuthentication("Test").AddScheme<AuthenticationSchemeOptions, SignIn>("Test", _ => { });
        builder.Services.AddAuthorization();
        builder.Services.AddSingleton<Action<HttpContext>>(Note);
    }

    private async Task RunAsync(HttpContext context)
    {
        Note(context);
        await context.Response.WriteAsync("here");
    }

    private void Note(HttpContext context) => _runs.Enqueue(
        $"{context.Request.Method} {context.Request.Path} {(context.IsEarlyData() ? "early" : "late")} [{context.Request.Headers["Early-Data"]}]");

    private async Task VisitAsync() => Assert.Contains("\r\nhere", await _visitor.GetAsync("GET /first HTTP/1.1"));

    private async Task<string> GetAsync(string request)
    {
        var late = new EarlyVisitor(_endPoint, SslApplicationProtocol.Http11);
        return await late.GetAsync($"{request} HTTP/1.1");
    }

    /// <summary>Asks early, and lets the handshake end when the answer is there.</summary>
    private async Task<string> GetEarlyAsync(string request, string body = "")
    {
        await using var relay = new HeldFinish(_relayed, _endPoint);
        string head = body.Length > 0 ? $"{request} HTTP/1.1\r\nContent-Length: {body.Length}" : $"{request} HTTP/1.1";
        await using SecureStream stream = await _visitor.ConnectAsync(
            [.. EarlyVisitor.Request(head), .. System.Text.Encoding.ASCII.GetBytes(body)], _relayed);
        Assert.Equal(EarlyDataStatus.Accepted, stream.Report.EarlyData);
        byte[] first = new byte[12];
        await stream.ReadExactlyAsync(first).AsTask().WaitAsync(ChildProcess.Patience);
        relay.LetGo();
        return System.Text.Encoding.ASCII.GetString(first) + await EarlyVisitor.ReadAsync(stream);
    }

    /// <summary>Knows everybody, and answers /signin itself, as callbacks of a sign-in are answered.</summary>
    private sealed class SignIn(
        IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder, Action<HttpContext> note)
        : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder), IAuthenticationRequestHandler
    {
        public Task<bool> HandleRequestAsync()
        {
            if (Request.Path != "/signin")
                return Task.FromResult(false);
            note(Context);
            Response.StatusCode = StatusCodes.Status204NoContent;
            return Task.FromResult(true);
        }

        protected override Task<AuthenticateResult> HandleAuthenticateAsync()
        {
            var identity = new ClaimsIdentity([new Claim(ClaimTypes.Name, "alice")], Scheme.Name);
            return Task.FromResult(AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(identity), Scheme.Name)));
        }
    }
}
