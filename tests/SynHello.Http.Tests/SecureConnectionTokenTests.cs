using System.Net;
using System.Security.Authentication.ExtendedProtection;

using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace SynHello.Http.Tests;

/// <summary>Which channel Negotiate and NTLM are bound to: to none rather than to another one.</summary>
public sealed class SecureConnectionTokenTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task TokenForHttp11_HasNoChannelBinding_AndOneForAChoiceHasAFalseOne()
    {
        using var connection = new MemoryStream();
        var origin = new Origin("localhost", 443, "localhost");

        using SecureConnectionToken own = SecureConnectionToken.ForHttp11(origin, connection);
        using SecureConnectionToken chosen = await SecureConnectionToken.ForChoiceAsync(origin, connection, isHttp2: false);

        Assert.Null(own.TransportContext.GetChannelBinding(ChannelBindingKind.Endpoint));
        Assert.NotNull(chosen.TransportContext.GetChannelBinding(ChannelBindingKind.Endpoint));
    }

    /// <summary>So nobody who authenticates gets one of those: its requests of HTTP/1.1 say so themselves.</summary>
    [Theory]
    [InlineData("2.0", HttpVersionPolicy.RequestVersionOrLower, true, "1.1")]
    [InlineData("1.1", HttpVersionPolicy.RequestVersionOrHigher, true, "1.1")]
    [InlineData("2.0", HttpVersionPolicy.RequestVersionOrLower, false, "2.0")]
    public async Task RequestWithCredentials_ToAServerOfHttp11_IsOneOfHttp11(
        string version, HttpVersionPolicy policy, bool hasCredentials, string sentAs)
    {
        await using WebServer server = await WebServer.StartSecureAsync();
        using HttpClient client = TestClient.Create(
            handler => handler.Credentials = hasCredentials ? new CredentialCache() : null, version, policy);

        // Those that find out, and those that know.
        for (int i = 0; i < 2; i++)
        {
            HttpResponseMessage[] responses = await Task.WhenAll(Enumerable.Range(0, 4).Select(number => number == 0
                ? client.GetAsync(server.Uri, Cancelled)
                : client.PostAsync(server.Uri, new StringContent("effect"), Cancelled)));
            foreach (HttpResponseMessage response in responses)
            {
                Assert.Equal((HttpStatusCode.OK, "1.1"), (response.StatusCode, response.Version.ToString()));
                Assert.Equal(sentAs, response.RequestMessage!.Version.ToString());
                Assert.Equal(hasCredentials ? HttpVersionPolicy.RequestVersionOrLower : policy, response.RequestMessage.VersionPolicy);
                response.Dispose();
            }
        }

        Assert.Equal(8, server.Requests.Count);
    }

    [Fact]
    public async Task RequestWithCredentials_ToAServerOfHttp2_IsOneOfHttp2()
    {
        await using WebServer server = await WebServer.StartSecureAsync(HttpProtocols.Http1AndHttp2);
        using HttpClient client = TestClient.Create(handler => handler.Credentials = new CredentialCache(), "2.0");

        using HttpResponseMessage response = await client.GetAsync(server.Uri, Cancelled);

        Assert.Equal("2.0", response.Version.ToString());
    }
}
