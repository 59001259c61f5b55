using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

using SynHello.Interop.Tests;

namespace SynHello.AspNetCore.Tests;

/// <summary>A minimal API as it is, with the clients that people have.</summary>
public sealed class PeerTests : IDisposable
{
    private readonly IPEndPoint _endPoint = PrivateNetwork.NextEndPoint();
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("synhello-peers-");

    public void Dispose() => _directory.Delete(recursive: true);

    [Theory]
    [InlineData("--http1.1", "HTTP/1.1")]
    [InlineData("--http2", "HTTP/2")]
    public async Task Curl_FetchesAndPosts(string option, string protocol)
    {
        await using WebServer server = await WebServer.StartAsync(_endPoint, application =>
        {
            application.MapGet("/", (HttpContext context) => $"{context.Request.Protocol} from {context.Request.Host}");
            application.MapPost("/length", async (HttpContext context) =>
            {
                var body = new MemoryStream();
                await context.Request.Body.CopyToAsync(body);
                return $"{body.Length} {Convert.ToHexStringLower(SHA256.HashData(body.GetBuffer().AsSpan(0, (int)body.Length)))}";
            });
        });
        string file = Path.Combine(_directory.FullName, "body");
        byte[] body = RandomNumberGenerator.GetBytes(2_000_000);
        await File.WriteAllBytesAsync(file, body);
        string[] common = ["--silent", "--show-error", "--fail", "--cacert", Identity.RootFile, option, "--connect-to", $"localhost:443:{_endPoint}"];
        await using ChildProcess get = ChildProcess.Start("curl", [.. common, "https://localhost/", "https://localhost/"]);
        Assert.Equal(0, await get.ExitAsync());
        Assert.Equal($"{protocol} from localhost{protocol} from localhost", get.Transcript);
        await using ChildProcess post = ChildProcess.Start("curl", [.. common, "--data-binary", $"@{file}", "https://localhost/length"]);
        Assert.Equal(0, await post.ExitAsync());
        Assert.Equal($"{body.Length} {Convert.ToHexStringLower(SHA256.HashData(body))}", post.Transcript);
    }

    [Theory]
    [InlineData("--h1", 1)]
    [InlineData("--npn-list=h2", 10)]
    public async Task H2load_IsAnsweredWithoutAnError(string protocol, int streams)
    {
        await using WebServer server = await WebServer.StartAsync(_endPoint, application => application.MapGet("/", () => "here"));
        await using ChildProcess load = ChildProcess.Start(
            "h2load", protocol, $"--requests=4000", "--clients=40", $"--max-concurrent-streams={streams}", $"https://{_endPoint}/");
        await load.ExitAsync();
        Assert.Contains("requests: 4000 total, 4000 started, 4000 done, 4000 succeeded, 0 failed, 0 errored, 0 timeout", load.Lines);
        Assert.Contains("status codes: 4000 2xx, 0 3xx, 0 4xx, 0 5xx", load.Lines);
    }

    /// <summary>A page with a style sheet, scripts and pictures, over one connection of HTTP/2.</summary>
    [Fact]
    public async Task Chromium_LoadsAPageOverHttp2()
    {
        const int Scripts = 12;
        var requests = new ConcurrentQueue<string>();
        await using WebServer server = await WebServer.StartAsync(_endPoint, application =>
        {
            application.Use(next => context =>
            {
                requests.Enqueue($"{context.Request.Protocol} {context.Connection.Id.Split(':')[0]} {context.Request.Path}");
                return next(context);
            });
            application.MapGet("/", () => Results.Content(
                $"""
                <!doctype html><link rel="stylesheet" href="/style"><img src="/picture"><body><p id="p">empty</p>
                {string.Concat(Enumerable.Range(0, Scripts).Select(i => $"<script src=\"/script/{i}\"></script>"))}
                <script>p.textContent = "loaded " + total + " in " + getComputedStyle(p).color;</script>
                """,
                "text/html"));
            application.MapGet("/style", () => Results.Content("p { color: rgb(1, 2, 3) }", "text/css"));
            application.MapGet("/picture", () => Results.Content("<svg xmlns='http://www.w3.org/2000/svg'/>", "image/svg+xml"));
            application.MapGet("/script/{number}", (int number) => Results.Content(
                $"var total = (window.total || 0) + 1; /* {new string('x', 3000 * number)} */", "text/javascript"));
        });
        using var certificate = System.Security.Cryptography.X509Certificates.X509CertificateLoader.LoadCertificate(
            Assert.Single(server.Certificates).CertificateChain[0].Span);
        string pin = Convert.ToBase64String(SHA256.HashData(certificate.PublicKey.ExportSubjectPublicKeyInfo()));
        await using ChildProcess browser = ChildProcess.Start(
            "chromium",
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            $"--user-data-dir={_directory.FullName}",
            $"--ignore-certificate-errors-spki-list={pin}",
            "--dump-dom",
            $"https://{_endPoint}/");
        await browser.ExitAsync();
        Assert.Contains($"loaded {Scripts} in rgb(1, 2, 3)", browser.Transcript);
        string[] page = [.. requests.Where(request => !request.EndsWith("/favicon.ico", StringComparison.Ordinal))];
        Assert.Equal(Scripts + 3, page.Length);
        Assert.All(page, request => Assert.StartsWith("HTTP/2 ", request));
        Assert.Single(page.Select(request => request.Split(' ')[1]).Distinct());
    }
}
