using System.Net;
using System.Security.Cryptography.X509Certificates;

using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace SynHello.Http.Tests;

/// <summary>What goes through a proxy is SocketsHttpHandler's own.</summary>
public sealed class ProxyTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("1.1")]
    [InlineData("2.0")]
    public async Task Https_GoesThroughATunnelWithDotNetsTls(string version)
    {
        await using WebServer server = await WebServer.StartStockAsync(HttpProtocols.Http1AndHttp2);
        using var proxy = new TestProxy();
        using var metrics = new Testing.RecordedMetrics();
        using HttpClient client = TestClient.Create(
            handler =>
            {
                handler.UseProxy = true;
                handler.Proxy = new WebProxy(proxy.Uri);
                handler.SecureOptions.MeterFactory = metrics;
                handler.SslOptions.CertificateChainPolicy = new X509ChainPolicy
                {
                    TrustMode = X509ChainTrustMode.CustomRootTrust,
                    CustomTrustStore = { WebServer.Root },
                    RevocationMode = X509RevocationMode.NoCheck,
                };
            },
            version);

        using HttpResponseMessage response = await client.GetAsync(server.Uri, Cancelled);

        Assert.Equal("hello", await response.Content.ReadAsStringAsync(Cancelled));
        Assert.Equal(version, response.Version.ToString());
        Assert.Equal([$"CONNECT localhost:{server.Port} HTTP/1.1"], proxy.Requests);
        Assert.Empty(metrics.Of("synhello.client.handshake.duration"));
    }

    [Fact]
    public async Task HostThatBypassesTheProxy_HasAConnectionOfSynHellos()
    {
        await using WebServer server = await WebServer.StartStockAsync(HttpProtocols.Http1AndHttp2);
        using var proxy = new TestProxy();
        using var metrics = new Testing.RecordedMetrics();
        using HttpClient client = TestClient.Create(handler =>
        {
            handler.UseProxy = true;
            handler.Proxy = new WebProxy(proxy.Uri, BypassOnLocal: false, ["localhost"]);
            handler.SecureOptions.MeterFactory = metrics;
        });

        Assert.Equal("hello", await client.GetStringAsync(server.Uri, Cancelled));

        Assert.Empty(proxy.Requests);
        Assert.Single(metrics.Of("synhello.client.handshake.duration"));
    }
}
