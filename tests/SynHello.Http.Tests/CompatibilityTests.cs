using System.IO.Compression;
using System.Net;
using System.Security.Authentication;

using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace SynHello.Http.Tests;

/// <summary>What users know of SocketsHttpHandler is as it was.</summary>
public sealed class CompatibilityTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public static TheoryData<string> Versions => ["1.1", "2.0"];

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task Redirect_KeepsHttpsAndTheSecureCookies(string version)
    {
        await using WebServer server = await WebServer.StartStockAsync(HttpProtocols.Http1AndHttp2, context =>
        {
            if (context.Request.Path != "/target")
            {
                context.Response.Cookies.Append("visited", "yes", new CookieOptions { Secure = true, HttpOnly = true });
                context.Response.Redirect("/target");
                return Task.CompletedTask;
            }

            return context.Response.WriteAsync($"{context.Request.Scheme} {context.Request.Cookies["visited"]}");
        });
        using HttpClient client = TestClient.Create(version: version);

        using HttpResponseMessage response = await client.GetAsync(server.Uri, Cancelled);

        Assert.Equal("https yes", await response.Content.ReadAsStringAsync(Cancelled));
        Assert.Equal(new Uri(server.Uri, "target"), response.RequestMessage!.RequestUri);
    }

    [Fact]
    public async Task Redirect_OfAPost_IsAGetThatIsNotEarly()
    {
        var sessions = new MemorySessionStore(sessionsPerKey: 64);
        await using WebServer target = await WebServer.StartSecureAsync();
        await using WebServer server = await WebServer.StartSecureAsync(handler: context =>
        {
            context.Response.StatusCode = StatusCodes.Status303SeeOther;
            context.Response.Headers.Location = target.Uri.ToString();
            return Task.CompletedTask;
        });
        for (int i = 0; i < 2; i++)
        {
            using HttpClient client = TestClient.Create(handler => handler.SecureOptions.SessionStore = sessions);
            using HttpResponseMessage response = await client.PostAsync(server.Uri, new StringContent("effect"), Cancelled);
            Assert.Equal("hello", await response.Content.ReadAsStringAsync(Cancelled));
        }

        Assert.Equal(["HTTP/1.1 POST /", "HTTP/1.1 POST /"], server.Requests);
        Assert.Equal(["HTTP/1.1 GET /", "HTTP/1.1 GET /"], target.Requests);
    }

    [Fact]
    public async Task Redirect_ToHttp_IsNotFollowed()
    {
        await using WebServer server = await WebServer.StartStockAsync(HttpProtocols.Http1, context =>
        {
            context.Response.Redirect("http://localhost:1/");
            return Task.CompletedTask;
        });
        using HttpClient client = TestClient.Create();

        using HttpResponseMessage response = await client.GetAsync(server.Uri, Cancelled);

        Assert.Equal(HttpStatusCode.Redirect, response.StatusCode);
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task Decompression_IsSocketsHttpHandlers(string version)
    {
        await using WebServer server = await WebServer.StartStockAsync(HttpProtocols.Http1AndHttp2, async context =>
        {
            Assert.Contains("br", context.Request.Headers.AcceptEncoding.ToString(), StringComparison.Ordinal);
            context.Response.Headers.ContentEncoding = "br";
            await using var compressed = new BrotliStream(context.Response.Body, CompressionMode.Compress);
            await compressed.WriteAsync("compressed"u8.ToArray());
        });
        using HttpClient client = TestClient.Create(handler => handler.AutomaticDecompression = DecompressionMethods.All, version);

        Assert.Equal("compressed", await client.GetStringAsync(server.Uri, Cancelled));
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task LargeBodies_GoBothWays(string version)
    {
        byte[] body = new byte[3_000_000];
        Random.Shared.NextBytes(body);
        await using WebServer server = await WebServer.StartStockAsync(HttpProtocols.Http1AndHttp2, async context =>
        {
            using var received = new MemoryStream(); // all of it first: HttpClient does not read while it sends
            await context.Request.Body.CopyToAsync(received);
            await context.Response.Body.WriteAsync(received.GetBuffer().AsMemory(0, (int)received.Length));
        });
        using HttpClient client = TestClient.Create(version: version);

        using HttpResponseMessage response = await client.PostAsync(server.Uri, new ByteArrayContent(body), Cancelled);

        Assert.Equal(body, await response.Content.ReadAsByteArrayAsync(Cancelled));
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task ManyRequestsAtOnce_AreAllAnswered(string version)
    {
        await using WebServer server = await WebServer.StartSecureAsync(HttpProtocols.Http1AndHttp2);
        using HttpClient client = TestClient.Create(handler => handler.MaxConnectionsPerServer = 8, version);

        await Parallel.ForEachAsync(Enumerable.Range(0, 400), Cancelled, async (number, cancellationToken) =>
        {
            using HttpResponseMessage response = number % 4 == 0
                ? await client.PostAsync(server.Uri, new StringContent("effect"), cancellationToken)
                : await client.GetAsync(server.Uri, cancellationToken);
            Assert.Equal("hello", await response.Content.ReadAsStringAsync(cancellationToken));
        });

        Assert.Equal(400, server.Requests.Count);
        Assert.InRange(server.Connections, 1, 8);
    }

    [Fact]
    public async Task SynchronousCall_IsAnswered()
    {
        await using WebServer server = await WebServer.StartSecureAsync();
        using HttpClient client = TestClient.Create();

        for (int i = 0; i < 2; i++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, server.Uri);
            using HttpResponseMessage response = client.Send(request, Cancelled);
            using var reader = new StreamReader(response.Content.ReadAsStream(Cancelled));
            Assert.Equal("hello", reader.ReadToEnd());
        }

        Assert.Equal(1, server.Connections);
    }

    [Fact]
    public async Task HostHeader_IsWhomTheCertificateHasToBeFor()
    {
        string? asked = null;
        await using WebServer server = await WebServer.StartSecureAsync(handler: context =>
        {
            asked = context.Request.Host.Host;
            return Task.CompletedTask;
        });
        using HttpClient client = TestClient.Create();

        foreach ((string host, bool isCertified) in new[] { ("example.com", true), ("example.com:444", true), ("other.example", false) })
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, server.Uri) { Headers = { Host = host } };
            if (isCertified)
            {
                (await client.SendAsync(request, Cancelled)).Dispose();
                Assert.Equal("example.com", asked);
            }
            else
            {
                HttpRequestException failure = await Assert.ThrowsAsync<HttpRequestException>(() => client.SendAsync(request, Cancelled));
                Assert.Equal(HttpRequestError.SecureConnectionError, failure.HttpRequestError);
            }
        }
    }

    [Theory]
    [InlineData("1.1", "GET")]
    [InlineData("1.1", "POST")]
    [InlineData("2.0", "GET")]
    public async Task UntrustedServer_IsASecureConnectionError(string version, string method)
    {
        await using WebServer server = await WebServer.StartStockAsync(HttpProtocols.Http1AndHttp2);
        using HttpClient client = TestClient.Create(handler => handler.SecureOptions.TrustedRoots = null);

        HttpRequestException failure = await Assert.ThrowsAsync<HttpRequestException>(() => client.SendAsync(
            new HttpRequestMessage(new HttpMethod(method), server.Uri) { Version = Version.Parse(version) }, Cancelled));

        Assert.Equal(HttpRequestError.SecureConnectionError, failure.HttpRequestError);
        Assert.IsType<AuthenticationException>(failure.InnerException);
        Assert.Contains($"(localhost:{server.Port})", failure.Message, StringComparison.Ordinal);
        Assert.Empty(server.Requests);
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("POST")]
    public async Task NobodyThere_IsAConnectionError(string method)
    {
        using HttpClient client = TestClient.Create();

        HttpRequestException failure = await Assert.ThrowsAsync<HttpRequestException>(() => client.SendAsync(
            new HttpRequestMessage(new HttpMethod(method), "https://127.0.0.1:1/"), Cancelled));

        Assert.Equal(HttpRequestError.ConnectionError, failure.HttpRequestError);
        Assert.Contains("(127.0.0.1:1)", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("POST")]
    public async Task UnknownName_IsANameResolutionError(string method)
    {
        using HttpClient client = TestClient.Create();

        HttpRequestException failure = await Assert.ThrowsAsync<HttpRequestException>(() => client.SendAsync(
            new HttpRequestMessage(new HttpMethod(method), "https://nobody.invalid/"), Cancelled));

        Assert.Equal(HttpRequestError.NameResolutionError, failure.HttpRequestError);
    }

    /// <summary>Whatever goes wrong while a connection is made.</summary>
    [Theory]
    [InlineData("GET")]
    [InlineData("POST")]
    public async Task CallbackThatThrows_IsARequestThatFailed(string method)
    {
        await using WebServer server = await WebServer.StartStockAsync(HttpProtocols.Http1);
        using HttpClient client = TestClient.Create(
            handler => handler.SecureOptions.RemoteCertificateValidationCallback = (_, _, _, _) => throw new FormatException("odd"));

        HttpRequestException failure = await Assert.ThrowsAsync<HttpRequestException>(() => client.SendAsync(
            new HttpRequestMessage(new HttpMethod(method), server.Uri), Cancelled));

        Assert.IsType<FormatException>(failure.InnerException);
    }

    [Fact]
    public async Task Http_IsPlain()
    {
        await using WebServer server = await WebServer.StartPlainAsync();
        using HttpClient client = TestClient.Create();

        Assert.Equal("hello", await client.GetStringAsync(new Uri($"http://localhost:{server.Port}/"), Cancelled));
    }

    [Fact]
    public async Task SettingAProperty_AfterARequest_IsRefused()
    {
        await using WebServer server = await WebServer.StartStockAsync(HttpProtocols.Http1);
        SecureHttpHandler handler = TestClient.CreateHandler();
        using var client = new HttpClient(handler);
        (await client.GetAsync(server.Uri, Cancelled)).Dispose();

        Assert.Throws<InvalidOperationException>(() => handler.AllowEarlyData = false);
        Assert.Throws<InvalidOperationException>(() => handler.SecureOptions = new SecureClientOptions());
        Assert.Throws<InvalidOperationException>(() => handler.UseProxy = true);
    }

    [Fact]
    public async Task Disposed_EndsConnectionsAndRefusesRequests()
    {
        var ended = new TaskCompletionSource();
        await using WebServer server = await WebServer.StartStockAsync(HttpProtocols.Http1, context =>
        {
            Microsoft.AspNetCore.Connections.Features.IConnectionLifetimeFeature? lifetime = context.Features.Get<Microsoft.AspNetCore.Connections.Features.IConnectionLifetimeFeature>();
            _ = lifetime!.ConnectionClosed.Register(() => ended.TrySetResult());
            return Task.CompletedTask;
        });
        SecureHttpHandler handler = TestClient.CreateHandler();
        var client = new HttpClient(handler);
        (await client.GetAsync(server.Uri, Cancelled)).Dispose();

        client.Dispose();

        await ended.Task.WaitAsync(Cancelled);
        using var invoker = new HttpMessageInvoker(handler);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => invoker.SendAsync(new HttpRequestMessage(HttpMethod.Get, server.Uri), Cancelled));
    }
}
