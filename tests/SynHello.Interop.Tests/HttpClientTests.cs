using System.Net;

using SynHello.Http;
using SynHello.Sockets;
using SynHello.Testing;

namespace SynHello.Interop.Tests;

/// <summary>HttpClient over SynHello comes back to nginx, in HTTP/1.1 and HTTP/2.</summary>
public sealed class HttpClientTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("synhello-http-");
    private readonly IPEndPoint _endPoint = PrivateNetwork.NextEndPoint();
    private readonly MemorySessionStore _sessions = new(sessionsPerKey: 64);
    private readonly RecordedMetrics _metrics = new();
    private readonly FastOpenPaths _paths = new();
    private readonly Identity _identity;

    public HttpClientTests() => _identity = Identity.For(_endPoint.Address);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _metrics.Dispose();
        _directory.Delete(recursive: true);
    }

    [Theory]
    [InlineData("1.1")]
    [InlineData("2.0")]
    public async Task Nginx_TakesTheGetOfAReturningClientOutOfTheSyn_AndNoPost(string version)
    {
        await using ChildProcess server = await StartAsync(earlyData: true);

        Assert.Contains("path=/first", await SendAsync(HttpMethod.Get, "/first", version));
        Assert.Contains("path=/early early", await SendAsync(HttpMethod.Get, "/early", version));
        Assert.Contains("path=/effect early= reused=r", await SendAsync(HttpMethod.Post, "/effect", version));

        Assert.Equal(
            [
                "synhello.early_data=none synhello.fast_open=cookie_requested tls.protocol.version=1.3 tls.resumed=False",
                "synhello.early_data=accepted synhello.fast_open=cookie tls.protocol.version=1.3 tls.resumed=True",
                "synhello.early_data=none synhello.fast_open=cookie tls.protocol.version=1.3 tls.resumed=True",
            ],
            _metrics.Of("synhello.client.handshake.duration").Select(measurement => measurement.Tags));
        Assert.Equal([2, 0, 1], _metrics.Of("synhello.client.round_trips").Select(measurement => (int)measurement.Value));
        Assert.Equal(1, await EarlyDataWebServer.CountAsync(server, "/effect"));
    }

    [Theory]
    [InlineData("1.1")]
    [InlineData("2.0")]
    public async Task Nginx_ThatTakesNoEarlyDataAnyMore_IsSentTheRequestOnce(string version)
    {
        await using (ChildProcess before = await StartAsync(earlyData: true))
            await SendAsync(HttpMethod.Get, "/first", version);
        await using ChildProcess server = await StartAsync(earlyData: false);

        Assert.Contains("path=/again early= reused=r", await SendAsync(HttpMethod.Get, "/again", version));

        Assert.EndsWith("tls.resumed=True", _metrics.Of("synhello.client.handshake.duration")[^1].Tags, StringComparison.Ordinal);
        Assert.StartsWith("synhello.early_data=rejected", _metrics.Of("synhello.client.handshake.duration")[^1].Tags, StringComparison.Ordinal);
        Assert.Equal(1, await EarlyDataWebServer.CountAsync(server, "/again"));
    }

    private Task<ChildProcess> StartAsync(bool earlyData) => EarlyDataWebServer.StartNginxAsync(
        _endPoint, _identity, _directory.FullName, earlyData, "X25519:P-256", "http2");

    /// <summary>Sends a request with a handler of its own, that knows what the others know.</summary>
    private async Task<string> SendAsync(HttpMethod method, string path, string version)
    {
        using var client = new HttpClient(new SecureHttpHandler
        {
            UseProxy = false,
            MeterFactory = _metrics,
            SecureOptions = { TrustedRoots = [Identity.Root], SessionStore = _sessions, FastOpenPaths = _paths },
        });
        using var request = new HttpRequestMessage(method, new Uri($"https://{_endPoint}{path}")) { Version = Version.Parse(version) };
        using HttpResponseMessage response = await client.SendAsync(request, Cancelled);
        Assert.Equal((HttpStatusCode.OK, version), (response.StatusCode, response.Version.ToString()));
        return await response.Content.ReadAsStringAsync(Cancelled);
    }
}
