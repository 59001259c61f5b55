using System.Net;

namespace SynHello.Http.Tests;

/// <summary>What a connection is for, as far as a message says it that is under way meanwhile.</summary>
public sealed class OriginTests
{
    [Theory]
    [InlineData("https://a.example/", "https://a.example/", "a.example", 443, "a.example")]
    [InlineData("https://A.example:8443/", "https://A.example:8443/", "a.example", 8443, "a.example")]
    [InlineData("https://a.example/", "https://b.example/", "a.example", 443, "a.example")] // redirected, before it was looked at
    [InlineData("https://a.example/", "https://b.example/", "b.example", 443, "b.example")]
    [InlineData("http://a.example/", "https://a.example/", "a.example", 443, "a.example")]
    public void ConnectionForHttps_HasAnOrigin(string first, string now, string dialed, int port, string name)
    {
        Origin? origin = Of(first, now, dialed, port);

        Assert.Equal(new Origin(dialed, port, name), origin);
    }

    [Theory]
    [InlineData("http://a.example/", "http://a.example/", "a.example", 80)]
    [InlineData("http://a.example/", "https://a.example/", "a.example", 80)] // redirected, before it was looked at
    [InlineData("http://a.example/", "http://a.example/", "proxy.example", 3128)]
    [InlineData("http://a.example/", "http://a.example/", "another-proxy.example", 3128)]
    [InlineData("https://a.example/", "https://a.example/", "proxy.example", 3128)] // SOCKS
    [InlineData("https://a.example/", "https://b.example/", "proxy.example", 3128)]
    public void ConnectionForHttpOrToTheProxy_IsPlain(string first, string now, string dialed, int port) =>
        Assert.Null(Of(first, now, dialed, port, new Uri("socks5://proxy.example:3128")));

    [Fact]
    public void ConnectionForAMessageOfSocketsHttpHandlersOwn_IsPlain()
    {
        using var message = new HttpRequestMessage(HttpMethod.Connect, "https://proxy.example/");

        Assert.Null(Origin.Of(message, request: null, new DnsEndPoint("proxy.example", 443), _ => null));
    }

    /// <summary>Plain, it would be secured under another trust, and kept for others.</summary>
    [Theory]
    [InlineData("https://a.example/", "https://b.example/", "c.example", 443)]
    [InlineData("https://a.example/", "https://b.example/", "a.example", 8443)]
    [InlineData("http://a.example/", "https://b.example/", "c.example", 443)]
    [InlineData("https://a.example/", "http://b.example/", "c.example", 443)]
    public void ConnectionForNobodyKnowsWhat_IsNotMade(string first, string now, string dialed, int port) =>
        Assert.Throws<HttpRequestException>(() => Of(first, now, dialed, port, new Uri("http://proxy.example:3128")));

    private static Origin? Of(string first, string now, string dialed, int port, Uri? proxy = null)
    {
        using var message = new HttpRequestMessage(HttpMethod.Get, first);
        SecureRequest request = new EarlyRequests().Describe(message, isRetry: false);
        message.RequestUri = new Uri(now);
        return Origin.Of(message, request, new DnsEndPoint(dialed, port), _ => proxy);
    }
}
