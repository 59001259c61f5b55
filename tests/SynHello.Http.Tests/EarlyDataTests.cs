using System.Buffers;
using System.Collections.Concurrent;
using System.Diagnostics;
using System.IO.Pipelines;
using System.Net;

using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

using SynHello.AspNetCore;
using SynHello.Testing;

namespace SynHello.Http.Tests;

/// <summary>
/// Which requests ride as early data, and what becomes of those that come too early. Each visit has a handler of its own, and
/// finds the sessions of the one before.
/// </summary>
public sealed partial class EarlyDataTests
{
    private readonly MemorySessionStore _sessions = new(sessionsPerKey: 64);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("GET")]
    [InlineData("HEAD")]
    [InlineData("OPTIONS")]
    public async Task SafeRequest_OfAReturningClient_IsEarly(string method)
    {
        await using WebServer server = await WebServer.StartSecureAsync();
        await VisitAsync(server);

        await VisitAsync(server, new HttpMethod(method));

        Assert.Equal(["HTTP/1.1 GET /", $"HTTP/1.1 {method} / early"], server.Requests);
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("HEAD")]
    [InlineData("OPTIONS")]
    public async Task SafeRequestOverHttp2_OfAReturningClient_IsEarly(string method)
    {
        await using WebServer server = await WebServer.StartSecureAsync(HttpProtocols.Http1AndHttp2);
        using var relay = new FirstFlightRelay(server.Port);
        await VisitAsync(relay.Uri, version: "2.0");
        relay.Forget();

        await VisitAsync(relay.Uri, new HttpMethod(method), "2.0");

        Assert.Equal(["HTTP/2 GET /", $"HTTP/2 {method} / early"], server.Requests);
        Assert.Contains(FirstFlightRelay.ApplicationData, relay.FirstFlight);
    }

    [Theory]
    [InlineData("POST", true)]
    [InlineData("POST", false)]
    [InlineData("DELETE", false)]
    [InlineData("GET", true)]
    public async Task OtherRequestOverHttp2_SendsNothingBehindItsClientHello(string method, bool hasContent)
    {
        await using WebServer server = await WebServer.StartSecureAsync(HttpProtocols.Http1AndHttp2);
        using var relay = new FirstFlightRelay(server.Port);
        await VisitAsync(relay.Uri, version: "2.0");
        relay.Forget();

        using HttpClient client = Client("2.0");
        using var request = new HttpRequestMessage(new HttpMethod(method), relay.Uri) { Version = HttpVersion.Version20 };
        if (hasContent)
            request.Content = new StringContent("effect");
        using HttpResponseMessage response = await client.SendAsync(request, Cancelled);

        Assert.Equal(["HTTP/2 GET /", $"HTTP/2 {method} /"], server.Requests);
        Assert.Equal([FirstFlightRelay.Handshake], relay.FirstFlight);
        Assert.Equal(1, relay.Resumptions);
    }

    [Fact]
    public async Task TooEarlyOverHttp2_IsSentOnceMoreOnTheSameConnection()
    {
        await using WebServer server = await WebServer.StartSecureAsync(HttpProtocols.Http1AndHttp2, handler: RefuseEarly);
        await VisitAsync(server, version: "2.0");

        string answer = await VisitAsync(server, version: "2.0");

        Assert.Equal("late", answer);
        Assert.Equal(["HTTP/2 GET /", "HTTP/2 GET / early", "HTTP/2 GET /"], server.Requests);
        Assert.Equal(2, server.Connections);
    }

    [Theory]
    [InlineData("POST", false)]
    [InlineData("POST", true)]
    [InlineData("PUT", false)]
    [InlineData("DELETE", false)]
    [InlineData("PATCH", true)]
    [InlineData("gets", false)]
    [InlineData("GET", true)]
    [InlineData("TRACE", false)]
    public async Task OtherRequest_SendsNothingBehindItsClientHello(string method, bool hasContent)
    {
        await using WebServer server = await WebServer.StartSecureAsync();
        using var relay = new FirstFlightRelay(server.Port);
        await VisitAsync(relay.Uri);
        relay.Forget();

        using HttpClient client = Client();
        using var request = new HttpRequestMessage(new HttpMethod(method), relay.Uri);
        if (hasContent)
            request.Content = new StringContent("effect");
        using HttpResponseMessage response = await client.SendAsync(request, Cancelled);

        // Were this request early, the server would have taken it so: there is a session.
        Assert.Equal(["HTTP/1.1 GET /", $"HTTP/1.1 {method} /"], server.Requests);
        Assert.Equal([FirstFlightRelay.Handshake], relay.FirstFlight);
        Assert.Equal(1, relay.Resumptions);
    }

    [Fact]
    public async Task SafeRequest_IsSeenByTheRelayToo()
    {
        await using WebServer server = await WebServer.StartSecureAsync();
        using var relay = new FirstFlightRelay(server.Port);
        await VisitAsync(relay.Uri);
        relay.Forget();

        using HttpClient client = Client();
        using HttpResponseMessage response = await client.GetAsync(relay.Uri, Cancelled);

        Assert.Equal(["HTTP/1.1 GET /", "HTTP/1.1 GET / early"], server.Requests);
        Assert.Contains(FirstFlightRelay.ApplicationData, relay.FirstFlight);
        Assert.Equal(1, relay.Resumptions);
    }

    [Theory]
    [InlineData("1.1")]
    [InlineData("2.0")]
    public async Task HandlerThatDoesNotAllowIt_SendsNoneEarly(string version)
    {
        await using WebServer server = await WebServer.StartSecureAsync(HttpProtocols.Http1AndHttp2);
        await VisitAsync(server, version: version);

        await VisitAsync(server, version: version, configure: handler => handler.AllowEarlyData = false);

        Assert.DoesNotContain(server.Requests, request => request.EndsWith(" early", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(true, false, false)]
    [InlineData(false, true, true)]
    public async Task Request_HasTheLastWord(bool handlerAllows, bool requestAllows, bool isEarly)
    {
        await using WebServer server = await WebServer.StartSecureAsync();
        await VisitAsync(server);

        using HttpClient client = Client(configure: handler => handler.AllowEarlyData = handlerAllows);
        using var request = new HttpRequestMessage(HttpMethod.Get, server.Uri);
        request.Options.Set(SecureHttpRequestOptions.AllowEarlyData, requestAllows);
        using HttpResponseMessage response = await client.SendAsync(request, Cancelled);

        Assert.Equal(isEarly ? "HTTP/1.1 GET / early" : "HTTP/1.1 GET /", server.Requests[^1]);
    }

    [Fact]
    public async Task TooEarly_IsSentOnceMoreOnTheSameConnection()
    {
        using var metrics = new RecordedMetrics();
        await using WebServer server = await WebServer.StartSecureAsync(handler: RefuseEarly);
        await VisitAsync(server);

        string answer = await VisitAsync(server, configure: handler => handler.MeterFactory = metrics);

        Assert.Equal(1, metrics.Sum("synhello.client.http.too_early"));
        Assert.Single(metrics.Of("synhello.client.handshake.duration"));

        Assert.Equal("late", answer);
        Assert.Equal(["HTTP/1.1 GET /", "HTTP/1.1 GET / early", "HTTP/1.1 GET /"], server.Requests);
        Assert.Equal(2, server.Connections);
    }

    [Fact]
    public async Task TooEarly_OnAConnectionThatEnds_IsSentOnceMoreBehindAHandshake()
    {
        await using WebServer server = await WebServer.StartSecureAsync(handler: context =>
        {
            context.Response.Headers.Connection = "close";
            return RefuseEarly(context);
        });
        await VisitAsync(server);

        Assert.Equal("late", await VisitAsync(server));

        Assert.Equal(["HTTP/1.1 GET /", "HTTP/1.1 GET / early", "HTTP/1.1 GET /"], server.Requests);
        Assert.Equal(3, server.Connections);
    }

    [Fact]
    public async Task TooEarly_ToASynchronousCaller_IsSentOnceMore()
    {
        await using WebServer server = await WebServer.StartSecureAsync(handler: RefuseEarly);
        await VisitAsync(server);

        using HttpClient client = Client();
        using var request = new HttpRequestMessage(HttpMethod.Get, server.Uri);
        using HttpResponseMessage response = client.Send(request, Cancelled);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(["HTTP/1.1 GET /", "HTTP/1.1 GET / early", "HTTP/1.1 GET /"], server.Requests);
    }

    [Fact]
    public async Task TooEarly_Always_IsTheCallersAfterOneRetry()
    {
        await using WebServer server = await WebServer.StartSecureAsync(handler: context =>
        {
            context.Response.StatusCode = 425;
            return Task.CompletedTask;
        });
        using (HttpClient client = Client())
        {
            using HttpResponseMessage first = await client.GetAsync(server.Uri, Cancelled);
            Assert.Equal(425, (int)first.StatusCode); // it was not early: nobody knows better than its caller
        }

        using HttpClient returning = Client();
        using HttpResponseMessage response = await returning.GetAsync(server.Uri, Cancelled);

        Assert.Equal(425, (int)response.StatusCode);
        Assert.Equal(["HTTP/1.1 GET /", "HTTP/1.1 GET / early", "HTTP/1.1 GET /"], server.Requests);
    }

    /// <summary>RFC 8470 section 5.2: it was early at a gateway, whose client has to send it again.</summary>
    [Fact]
    public async Task TooEarly_ForAGateway_IsHandedOn()
    {
        await using WebServer server = await WebServer.StartSecureAsync(handler: RefuseEarly);
        await VisitAsync(server);

        using HttpClient client = Client();
        using var request = new HttpRequestMessage(HttpMethod.Get, server.Uri) { Headers = { { "Early-Data", "1" } } };
        using HttpResponseMessage response = await client.SendAsync(request, Cancelled);

        Assert.Equal(425, (int)response.StatusCode);
        Assert.Equal(["HTTP/1.1 GET /", "HTTP/1.1 GET / early"], server.Requests);
    }

    [Theory]
    [InlineData("1.1")]
    [InlineData("2.0")]
    public async Task Rejected_IsSentOnceAfterTheHandshake(string version)
    {
        var keys = new SessionTicketKeyRing();
        int port;
        await using (WebServer before = await WebServer.StartSecureAsync(HttpProtocols.Http1AndHttp2, options => options.TicketKeys = keys))
        {
            port = before.Port;
            await VisitAsync(before, version: version);
        }

        // Another register: the tickets are good, their early data is not.
        await using WebServer server = await WebServer.StartSecureAsync(
            HttpProtocols.Http1AndHttp2, options => options.TicketKeys = keys, port: port);
        await VisitAsync(server, version: version);

        Assert.Equal([$"HTTP/{(version == "2.0" ? "2" : "1.1")} GET /"], server.Requests);
    }

    [Fact]
    public async Task SeveralConnectionsAtOnce_AreAllEarly()
    {
        const int Count = 6;
        var arrived = new CountdownEvent(Count);
        await using WebServer server = await WebServer.StartSecureAsync(handler: context =>
        {
            if (context.Request.Path != "/together")
                return Task.CompletedTask;
            arrived.Signal();
            return Task.Run(() => arrived.Wait(Cancelled), Cancelled); // so that none is served after another one
        });
        await VisitAsync(server);

        using HttpClient client = Client();
        await Task.WhenAll(Enumerable.Range(0, Count).Select(async _ =>
        {
            using HttpResponseMessage response = await client.GetAsync(new Uri(server.Uri, "together"), Cancelled);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        }));

        Assert.Equal(Enumerable.Repeat("HTTP/1.1 GET /together early", Count), server.Requests.Skip(1));
        Assert.Equal(1 + Count, server.Connections);
    }

    [Fact]
    public async Task Redirect_OfAGet_IsEarlyOnItsNewConnection()
    {
        await using WebServer target = await WebServer.StartSecureAsync();
        await using WebServer server = await WebServer.StartSecureAsync(handler: context =>
        {
            context.Response.Redirect(target.Uri.ToString());
            return Task.CompletedTask;
        });
        await VisitAsync(server);

        await VisitAsync(server);

        Assert.Equal(["HTTP/1.1 GET /", "HTTP/1.1 GET / early"], server.Requests);
        Assert.Equal(["HTTP/1.1 GET /", "HTTP/1.1 GET / early"], target.Requests);
    }

    [Fact]
    public async Task TooEarly_InAnEncodingThatCannotBeRead_IsSentOnceMore()
    {
        await using WebServer server = await WebServer.StartSecureAsync(handler: async context =>
        {
            if (context.IsEarlyData())
                context.Response.Headers.ContentEncoding = "gzip";
            await RefuseEarly(context);
        });
        await VisitAsync(server);

        Assert.Equal("late", await VisitAsync(server, configure: handler => handler.AutomaticDecompression = DecompressionMethods.All));
    }

    /// <summary>Each attempt is a span of its own, and its server is told of that one.</summary>
    [Fact]
    public async Task TooEarly_IsSentOnceMoreUnderASpanOfItsOwn()
    {
        var parents = new ConcurrentQueue<string>();
        await using WebServer server = await WebServer.StartSecureAsync(handler: context =>
        {
            parents.Enqueue(context.Request.Headers.TraceParent.ToString());
            return RefuseEarly(context);
        });
        await VisitAsync(server);
        parents.Clear();

        using Activity caller = new Activity("caller").Start();
        using HttpClient client = Client();
        (await client.GetAsync(server.Uri, Cancelled)).Dispose();

        Assert.Equal(2, parents.Count);
        Assert.Equal(2, parents.Distinct().Count());
        Assert.All(parents, parent => Assert.Contains(caller.TraceId.ToString(), parent, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(null, 2)]
    [InlineData(5, 5)]
    public async Task Tickets_AreAskedForAsTheOptionsSay(int? onResumption, int expected)
    {
        await using WebServer server = await WebServer.StartSecureAsync();
        await VisitAsync(server);
        int atFirst = _sessions.Count;

        await VisitAsync(server, configure: handler => handler.SecureOptions.ResumptionTicketRequest = onResumption);

        Assert.Equal(8, atFirst);
        Assert.Equal(atFirst - 1 + expected, _sessions.Count);
    }

    /// <summary>A body of bytes, or one that can be read once and not again.</summary>
    private static HttpContent Content(bool canBeSentOnce)
    {
        if (!canBeSentOnce)
            return new StringContent("effect");
        var pipe = new Pipe();
        pipe.Writer.Write("effect"u8);
        pipe.Writer.Complete();
        return new StreamContent(pipe.Reader.AsStream());
    }

    private static Task RefuseEarly(HttpContext context)
    {
        bool isEarly = context.IsEarlyData();
        context.Response.StatusCode = isEarly ? 425 : 200;
        return context.Response.WriteAsync(isEarly ? "early" : "late");
    }

    private HttpClient Client(string version = "1.1", Action<SecureHttpHandler>? configure = null) => TestClient.Create(
        handler =>
        {
            handler.SecureOptions.SessionStore = _sessions;
            configure?.Invoke(handler);
        },
        version);

    private async Task<string> VisitAsync(
        WebServer server, HttpMethod? method = null, string version = "1.1", Action<SecureHttpHandler>? configure = null) =>
        await VisitAsync(server.Uri, method, version, configure);

    private async Task<string> VisitAsync(
        Uri uri, HttpMethod? method = null, string version = "1.1", Action<SecureHttpHandler>? configure = null)
    {
        using HttpClient client = Client(version, configure);
        using var request = new HttpRequestMessage(method ?? HttpMethod.Get, uri) { Version = Version.Parse(version) };
        using HttpResponseMessage response = await client.SendAsync(request, Cancelled);
        return await response.Content.ReadAsStringAsync(Cancelled);
    }
}
