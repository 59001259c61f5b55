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

    /// <summary>Whom the handler trusts does not depend on the way there.</summary>
    [Theory]
    [InlineData("roots", true)]
    [InlineData("callback", true)]
    [InlineData("protocols", true)]
    [InlineData("nothing", false)]
    [InlineData("roots, another host", false)]
    [InlineData("roots, a callback that refuses", false)]
    [InlineData("roots, a certificate that cannot be shown", false)]
    public async Task Tunnel_IsTrustedAsSecureOptionsSay(string options, bool isTrusted)
    {
        await using WebServer server = await WebServer.StartStockAsync(HttpProtocols.Http1AndHttp2);
        using var proxy = new TestProxy();
        object? asking = null;
        using HttpClient client = TestClient.Create(handler =>
        {
            handler.UseProxy = true;
            handler.Proxy = new WebProxy(proxy.Uri);
            if (options == "protocols")
                handler.SslOptions.EnabledSslProtocols = System.Security.Authentication.SslProtocols.Tls12; // which says nothing of trust
            else if (options is "callback" or "nothing")
                handler.SecureOptions.TrustedRoots = null;
            if (options.Contains("callback", StringComparison.Ordinal))
            {
                handler.SecureOptions.RemoteCertificateValidationCallback = (sender, certificate, chain, _) =>
                {
                    asking = sender;
                    return options == "callback" && certificate is not null && chain!.ChainElements.Count > 0;
                };
            }

            if (options.Contains("certificate", StringComparison.Ordinal))
                handler.SecureOptions.Credentials = [WebServer.Credential];
        });
        using var request = new HttpRequestMessage(HttpMethod.Get, server.Uri);
        if (options.Contains("another host", StringComparison.Ordinal))
            request.Headers.Host = "another.example";

        if (isTrusted)
        {
            using HttpResponseMessage response = await client.SendAsync(request, Cancelled);
            Assert.Equal("hello", await response.Content.ReadAsStringAsync(Cancelled));
        }
        else
        {
            HttpRequestException failure = await Assert.ThrowsAsync<HttpRequestException>(() => client.SendAsync(request, Cancelled));
            Assert.Equal(HttpRequestError.SecureConnectionError, failure.HttpRequestError);
            Assert.Empty(server.Requests);
        }

        Assert.Equal([$"CONNECT localhost:{server.Port} HTTP/1.1"], proxy.Requests.Select(line => line.Replace("another.example", "localhost", StringComparison.Ordinal)));
        Assert.Equal(options.Contains("callback", StringComparison.Ordinal), asking is SecureClient);
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
