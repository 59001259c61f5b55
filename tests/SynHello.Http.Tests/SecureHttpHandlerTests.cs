using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace SynHello.Http.Tests;

/// <summary>What a user of HttpClient sees, against Kestrel as it is.</summary>
public sealed class SecureHttpHandlerTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(HttpProtocols.Http1, "1.1", HttpVersionPolicy.RequestVersionOrLower, "1.1")]
    [InlineData(HttpProtocols.Http1AndHttp2, "1.1", HttpVersionPolicy.RequestVersionOrLower, "1.1")]
    [InlineData(HttpProtocols.Http1AndHttp2, "1.1", HttpVersionPolicy.RequestVersionOrHigher, "2.0")]
    [InlineData(HttpProtocols.Http1AndHttp2, "2.0", HttpVersionPolicy.RequestVersionOrLower, "2.0")]
    [InlineData(HttpProtocols.Http1, "2.0", HttpVersionPolicy.RequestVersionOrLower, "1.1")]
    [InlineData(HttpProtocols.Http2, "2.0", HttpVersionPolicy.RequestVersionExact, "2.0")]
    public async Task Version_IsWhatTheServerChoosesOfWhatTheRequestAllows(
        HttpProtocols protocols, string version, HttpVersionPolicy policy, string spoken)
    {
        await using WebServer server = await WebServer.StartStockAsync(protocols);
        using HttpClient client = TestClient.Create(version: version, policy: policy);

        for (int i = 0; i < 3; i++)
        {
            using HttpResponseMessage response = await client.GetAsync(server.Uri, Cancelled);
            Assert.Equal("hello", await response.Content.ReadAsStringAsync(Cancelled));
            Assert.Equal(spoken, response.Version.ToString());
            Assert.Equal(server.Uri, response.RequestMessage!.RequestUri);
        }

        Assert.Equal(1, server.Connections);
    }
}
