using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

using SynHello.Testing;

namespace SynHello.Http.Tests;

/// <content>Requests that share a connection of HTTP/2, and servers that speak another protocol than the last time.</content>
public sealed partial class EarlyDataTests
{
    /// <summary>
    /// Requests share a flight there, and a stream cannot tell whose they are, nor which was a POST before a redirect made a GET of it.
    /// </summary>
    [Theory]
    [InlineData("GET", true)]
    [InlineData("POST", true)]
    [InlineData("POST", false)]
    public async Task RequestThatIsBarred_KeepsAFlightOfHttp2FromBeingEarly(string method, bool followsRedirects)
    {
        var arrived = new TaskCompletionSource();
        var answer = new TaskCompletionSource();
        await using WebServer target = await WebServer.StartSecureAsync(HttpProtocols.Http1AndHttp2);
        await using WebServer other = await WebServer.StartSecureAsync(HttpProtocols.Http1AndHttp2, handler: async context =>
        {
            arrived.TrySetResult();
            await answer.Task;
            context.Response.StatusCode = StatusCodes.Status303SeeOther;
            context.Response.Headers.Location = target.Uri.ToString();
        });
        await VisitAsync(target, version: "2.0");

        using HttpClient client = Client("2.0", handler => handler.AllowAutoRedirect = followsRedirects);
        using var barred = new HttpRequestMessage(new HttpMethod(method), other.Uri) { Version = HttpVersion.Version20 };
        if (method == "GET")
            barred.Options.Set(SecureHttpRequestOptions.AllowEarlyData, false);
        Task<HttpResponseMessage> sending = client.SendAsync(barred, Cancelled);
        await arrived.Task.WaitAsync(Cancelled);
        (await client.GetAsync(target.Uri, Cancelled)).Dispose();
        answer.SetResult();
        (await sending).Dispose();

        // A POST that stays one is told from a GET by its bytes.
        Assert.Equal(followsRedirects ? "HTTP/2 GET /" : "HTTP/2 GET / early", target.Requests[1]);
        Assert.Equal(followsRedirects ? 3 : 2, target.Requests.Count);
    }

    /// <summary>A pool gives a connection that waits for its first request to others as well.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Post_ThatJoinsAGet_IsNotEarlyAndSentOnce(bool canBeSentOnce)
    {
        await using WebServer server = await WebServer.StartSecureAsync(HttpProtocols.Http1AndHttp2);
        using var relay = new FirstFlightRelay(server.Port);
        await VisitAsync(relay.Uri, version: "2.0");
        relay.Forget();
        using var store = new GatedSessionStore(_sessions);

        using HttpClient client = Client("2.0", handler => handler.SecureOptions.SessionStore = store);
        Task<HttpResponseMessage> get = client.GetAsync(relay.Uri, Cancelled);
        await store.Asked.WaitAsync(Cancelled);
        Task<HttpResponseMessage> post = client.PostAsync(relay.Uri, Content(canBeSentOnce), Cancelled);
        store.Open();
        foreach (HttpResponseMessage response in await Task.WhenAll(get, post))
            response.Dispose();

        Assert.Equal([FirstFlightRelay.Handshake], relay.FirstFlight);
        Assert.Equal(["HTTP/2 GET /", "HTTP/2 GET /", "HTTP/2 POST /"], server.Requests.Order());
        Assert.Equal(1, relay.Resumptions);
    }

    /// <summary>
    /// The server that spoke HTTP/2 speaks HTTP/1.1 now: not a byte of HTTP/2 gets to its application, and nobody notices.
    /// </summary>
    [Theory]
    [InlineData("none")]
    [InlineData("for once")]
    [InlineData("buffered")]
    public async Task ServerThatGaveUpHttp2_IsSentEachRequestOnce(string content)
    {
        var keys = new SessionTicketKeyRing();
        int port;
        await using (WebServer before = await WebServer.StartSecureAsync(HttpProtocols.Http1AndHttp2, options => options.TicketKeys = keys))
        {
            port = before.Port;
            await VisitAsync(before, version: "2.0");
        }

        await using WebServer server = await WebServer.StartSecureAsync(
            HttpProtocols.Http1, options => options.TicketKeys = keys, port: port);
        using (HttpClient client = Client("2.0"))
        {
            Task<HttpResponseMessage>[] sent = [.. Enumerable.Range(0, 4).Select(number => number == 0 || content == "none"
                ? client.GetAsync(server.Uri, Cancelled)
                : client.PostAsync(server.Uri, Content(content == "for once"), Cancelled))];
            foreach (HttpResponseMessage response in await Task.WhenAll(sent))
            {
                Assert.Equal((HttpStatusCode.OK, "1.1"), (response.StatusCode, response.Version.ToString()));
                response.Dispose();
            }
        }

        Assert.Equal(4, server.Requests.Count);
        Assert.Equal(content == "none" ? 0 : 3, server.Requests.Count(request => request == "HTTP/1.1 POST /"));

        // What it chose is in its sessions.
        await VisitAsync(server, version: "2.0");
        Assert.Equal("HTTP/1.1 GET / early", server.Requests[^1]);
    }

    /// <summary>The same, by a server that has nothing to do with ALPN any more.</summary>
    [Fact]
    public async Task ServerThatGaveUpAlpn_IsNeverSentHttp2()
    {
        var keys = new SessionTicketKeyRing();
        int port;
        await using (WebServer before = await WebServer.StartSecureAsync(HttpProtocols.Http1AndHttp2, options => options.TicketKeys = keys))
        {
            port = before.Port;
            await VisitAsync(before, version: "2.0");
        }

        await using var listener = new SecureListener(new SecureListenerOptions
        {
            ListenEndPoint = new IPEndPoint(IPAddress.Loopback, port),
            Credentials = [WebServer.Credential],
            TicketKeys = keys,
        });
        var lines = new ConcurrentQueue<string>();
        Task serving = Task.Run(
            async () =>
            {
                while (true)
                {
                    await using SecureStream stream = await listener.AcceptAsync(Cancelled);
                    byte[] request = new byte[4096];
                    int length = await stream.ReadAsync(request, Cancelled);
                    lines.Enqueue(Encoding.ASCII.GetString(request, 0, length).Split('\r')[0]);
                    await stream.WriteAsync("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello"u8.ToArray(), Cancelled);
                }
            },
            Cancelled);

        // Returning, by the session; then by what the handler has learned, and by the session of a server without.
        var uri = new Uri($"https://{WebServer.Host}:{port}/");
        using (HttpClient client = Client("2.0"))
        {
            Assert.Equal("hello", await client.GetStringAsync(uri, Cancelled));
            Assert.Equal("hello", await client.GetStringAsync(uri, Cancelled));
        }

        Assert.Equal("hello", await VisitAsync(uri, version: "2.0"));
        Assert.Equal(Enumerable.Repeat("GET / HTTP/1.1", 3), lines.Where(line => line.Length > 0));
        Assert.False(serving.IsFaulted);
    }

    /// <summary>What a server chose is what makes a session good for early data, whatever it was offered.</summary>
    [Theory]
    [InlineData("1.1", HttpVersionPolicy.RequestVersionOrHigher)]
    [InlineData("2.0", HttpVersionPolicy.RequestVersionOrLower)]
    public async Task RequestThatAllowsHttp2_ToAServerOfHttp11_IsEarly(string version, HttpVersionPolicy policy)
    {
        await using WebServer server = await WebServer.StartSecureAsync(handler: context =>
        {
            context.Response.Headers.Connection = "close";
            return Task.CompletedTask;
        });
        for (int visit = 0; visit < 2; visit++)
        {
            using HttpClient client = TestClient.Create(handler => handler.SecureOptions.SessionStore = _sessions, version, policy);
            for (int i = 0; i < 2; i++)
            {
                using HttpResponseMessage response = await client.GetAsync(server.Uri, Cancelled);
                Assert.Equal("1.1", response.Version.ToString());
            }
        }

        Assert.Equal(["HTTP/1.1 GET /", .. Enumerable.Repeat("HTTP/1.1 GET / early", 3)], server.Requests);
    }

    /// <summary>Who insists on HTTP/2 has the server asked for it.</summary>
    [Fact]
    public async Task RequestThatDemandsHttp2_FromAServerOfHttp11_Fails()
    {
        await using WebServer server = await WebServer.StartSecureAsync();
        await VisitAsync(server, version: "2.0");

        using HttpClient client = Client("2.0");
        client.DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact;
        HttpRequestException failure = await Assert.ThrowsAsync<HttpRequestException>(() => client.GetAsync(server.Uri, Cancelled));

        Assert.Equal(HttpRequestError.VersionNegotiationError, failure.HttpRequestError);
        Assert.Single(server.Requests);
    }

    /// <summary>A connection that waits for its first request has said nothing yet: what it fails with is what others fail with.</summary>
    [Theory]
    [InlineData("refused")]
    [InlineData("untrusted")]
    [InlineData("silent")]
    public async Task ReturningClientOverHttp2_ThatCannotConnect_FailsAsOthersDo(string how)
    {
        int port;
        await using (WebServer before = await WebServer.StartSecureAsync(HttpProtocols.Http1AndHttp2))
        {
            port = before.Port;
            await VisitAsync(before, version: "2.0");
        }

        using var silent = new TcpListener(IPAddress.Loopback, port);
        if (how == "silent")
            silent.Start();
        await using WebServer? stranger = how == "untrusted"
            ? await WebServer.StartSecureAsync(
                HttpProtocols.Http1AndHttp2,
                options => options.Credentials = [TestCertificates.SelfSigned(CertificateKind.EcdsaP256, WebServer.Host).ToCredential()],
                port: port)
            : null;
        using HttpClient client = Client("2.0", handler => handler.ConnectTimeout = TimeSpan.FromSeconds(how == "silent" ? 0.3 : 30));
        var uri = new Uri($"https://{WebServer.Host}:{port}/");
        Task<HttpResponseMessage>[] sending = [client.GetAsync(uri, Cancelled), client.PostAsync(uri, new StringContent("effect"), Cancelled)];

        foreach (Task<HttpResponseMessage> sent in sending)
        {
            if (how == "silent")
            {
                Assert.IsType<TimeoutException>((await Assert.ThrowsAsync<TaskCanceledException>(() => sent)).InnerException);
                continue;
            }

            HttpRequestException failure = await Assert.ThrowsAsync<HttpRequestException>(() => sent);
            Assert.Equal(
                how == "refused" ? HttpRequestError.ConnectionError : HttpRequestError.SecureConnectionError, failure.HttpRequestError);
        }
    }
}
