using System.Net;
using System.Security.Cryptography;
using System.Text;

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;

using SynHello.Interop.Tests;

namespace SynHello.AspNetCore.Tests;

/// <summary>HTTP/1.1 and HTTP/2, beside each other on one endpoint, with .NET's own client.</summary>
public sealed class HttpTests
{
    private readonly IPEndPoint _endPoint = PrivateNetwork.NextEndPoint();

    public static TheoryData<string> Versions => ["1.1", "2.0"];

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task Endpoint_SpeaksWhatTheClientAsksFor(string version)
    {
        await using WebServer server = await WebServer.StartAsync(
            _endPoint, application => application.MapGet("/", (HttpContext context) => $"{context.Request.Protocol} {context.Request.Scheme}"));
        using HttpClient client = WebClient.Create(_endPoint, new Version(version));
        for (int i = 0; i < 3; i++)
            Assert.Equal($"HTTP/{version.Replace(".0", "", StringComparison.Ordinal)} https", await client.GetStringAsync("/"));
        Assert.Equal([$"https://{_endPoint}"], server.Addresses);
        Assert.DoesNotContain(server.Logs, line => line.StartsWith("Warning", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(HttpProtocols.Http1, "1.1", "2.0")]
    [InlineData(HttpProtocols.Http2, "2.0", "1.1")]
    public async Task Endpoint_OffersTheProtocolsThatItIsGiven(HttpProtocols protocols, string spoken, string refused)
    {
        await using WebServer server = await WebServer.StartAsync(
            builder => builder.WebHost.UseSynHello(
                options =>
                {
                    options.ListenEndPoint = _endPoint;
                    options.Credentials = [Identity.For(_endPoint.Address).Credential];
                },
                listen => listen.Protocols = protocols),
            application => application.MapGet("/", () => "here"));
        using HttpClient client = WebClient.Create(_endPoint, new Version(spoken));
        Assert.Equal("here", await client.GetStringAsync("/"));
        using HttpClient other = WebClient.Create(_endPoint, new Version(refused));
        await Assert.ThrowsAsync<HttpRequestException>(() => other.GetStringAsync("/"));
    }

    [Fact]
    public async Task Http3_IsRefusedAtTheStart()
    {
        var exception = await Assert.ThrowsAsync<InvalidOperationException>(() => WebServer.StartAsync(
            builder => builder.WebHost.UseSynHello(
                options => options.ListenEndPoint = _endPoint,
                listen => listen.Protocols = HttpProtocols.Http1AndHttp2AndHttp3),
            _ => { }));
        Assert.Contains("HTTP/3", exception.Message);
    }

    /// <summary>More than any buffer holds, and just what fits.</summary>
    [Theory]
    [MemberData(nameof(Versions))]
    public async Task Bodies_ArriveWhole(string version)
    {
        await using WebServer server = await WebServer.StartAsync(_endPoint, application => application.MapPost("/", async context =>
        {
            context.Features.GetRequiredFeature<IHttpMaxRequestBodySizeFeature>().MaxRequestBodySize = null;
            var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body);
            await context.Response.Body.WriteAsync(body.GetBuffer().AsMemory(0, (int)body.Length));
        }));
        using HttpClient client = WebClient.Create(_endPoint, new Version(version));
        foreach (int length in (int[])[0, 1, 4095, 4096, 4097, 16384, 70_000, 3_000_000])
        {
            byte[] body = RandomNumberGenerator.GetBytes(length);
            using HttpResponseMessage response = await client.PostAsync("/", new ByteArrayContent(body));
            Assert.Equal(body, await response.Content.ReadAsByteArrayAsync());
        }
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task Requests_RunBesideEachOther(string version)
    {
        var barrier = new TaskCompletionSource();
        int waiting = 0;
        await using WebServer server = await WebServer.StartAsync(_endPoint, application => application.MapGet("/{number}", async (int number) =>
        {
            if (Interlocked.Increment(ref waiting) == 20)
                barrier.SetResult();
            await barrier.Task;
            return $"{number}";
        }));
        using HttpClient client = WebClient.Create(_endPoint, new Version(version));
        string[] answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(number => client.GetStringAsync($"/{number}")))
            .WaitAsync(ChildProcess.Patience);
        Assert.Equal(Enumerable.Range(0, 20).Select(number => $"{number}"), answers);
    }

    [Fact]
    public async Task RequestsThatTrickleIn_AreUnderstood()
    {
        await using WebServer server = await WebServer.StartAsync(
            _endPoint, application => application.MapPost("/", async context =>
                await context.Response.WriteAsync(await new StreamReader(context.Request.Body).ReadToEndAsync())));
        var client = new SecureClient(new SecureClientOptions { TrustedRoots = [Identity.Root] });
        await using SecureStream stream = await client.ConnectAsync(_endPoint, Identity.Host);
        byte[] request = Encoding.ASCII.GetBytes(
            "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\nabc"
            + $"POST / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nX: {new string('x', 8000)}\r\nContent-Length: 6\r\n\r\nabcdef");
        for (int i = 0; i < request.Length;)
        {
            int count = i % 500 < 30 ? 1 : 470;
            count = Math.Min(count, request.Length - i);
            await stream.WriteAsync(request.AsMemory(i, count));
            i += count;
        }

        using var reader = new StreamReader(stream);
        string answers = await reader.ReadToEndAsync().WaitAsync(ChildProcess.Patience);
        Assert.Contains("\r\nabc\r\n", answers);
        Assert.Contains("\r\nabcdef\r\n", answers);
    }

    /// <summary>The handler neither reads nor writes: that its client has gone must reach it all the same.</summary>
    [Theory]
    [MemberData(nameof(Versions))]
    public async Task Handler_IsToldThatItsClientHasGone(string version)
    {
        var running = new TaskCompletionSource();
        var aborted = new TaskCompletionSource();
        await using WebServer server = await WebServer.StartAsync(_endPoint, application => application.MapGet("/", async context =>
        {
            context.RequestAborted.Register(aborted.SetResult);
            running.SetResult();
            await aborted.Task;
        }));
        using HttpClient client = WebClient.Create(_endPoint, new Version(version));
        using var gone = new CancellationTokenSource();
        Task<string> asking = client.GetStringAsync("/", gone.Token);
        await running.Task.WaitAsync(ChildProcess.Patience);
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking);
        if (version == "1.1")
            client.Dispose(); // HttpClient ends the connection without close_notify, which breaks it
        await aborted.Task.WaitAsync(ChildProcess.Patience);
        Assert.DoesNotContain(server.Logs, line => line.StartsWith("Error", StringComparison.Ordinal));
    }

    /// <summary>A response without end, which nobody reads: the server may not gather it, nor hang when it stops.</summary>
    [Theory]
    [MemberData(nameof(Versions))]
    public async Task Response_WaitsForItsReader(string version)
    {
        long written = 0;
        var ended = new TaskCompletionSource();
        await using WebServer server = await WebServer.StartAsync(_endPoint, application => application.MapGet("/", async context =>
        {
            byte[] part = new byte[100_000];
            try
            {
                while (!context.RequestAborted.IsCancellationRequested)
                {
                    await context.Response.Body.WriteAsync(part);
                    Interlocked.Add(ref written, part.Length);
                }
            }
            finally
            {
                ended.TrySetResult();
            }
        }));
        using HttpClient client = WebClient.Create(_endPoint, new Version(version));
        using HttpResponseMessage response = await client.GetAsync("/", HttpCompletionOption.ResponseHeadersRead);
        Stream body = await response.Content.ReadAsStreamAsync();
        byte[] buffer = new byte[1 << 16];
        for (long read = 0; read < 10_000_000;)
            read += await body.ReadAsync(buffer);
        long last;
        do
        {
            last = Interlocked.Read(ref written);
            await Task.Delay(300);
        }
        while (last != Interlocked.Read(ref written)); // until the kernel's buffers are full
        response.Dispose();
        client.Dispose();
        await ended.Task.WaitAsync(ChildProcess.Patience);
    }

    [Fact]
    public async Task Trailers_Arrive()
    {
        await using WebServer server = await WebServer.StartAsync(_endPoint, application => application.MapGet("/", async context =>
        {
            await context.Response.WriteAsync("body");
            context.Response.AppendTrailer("x-end", "reached");
        }));
        using HttpClient client = WebClient.Create(_endPoint);
        using HttpResponseMessage response = await client.GetAsync("/");
        Assert.Equal("body", await response.Content.ReadAsStringAsync());
        Assert.Equal("reached", Assert.Single(response.TrailingHeaders.GetValues("x-end")));
    }
}
