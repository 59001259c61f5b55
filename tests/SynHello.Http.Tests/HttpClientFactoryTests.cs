using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Http;
using Microsoft.Extensions.Options;

namespace SynHello.Http.Tests;

/// <summary>The handler in IHttpClientFactory, which makes a new one from time to time.</summary>
public sealed class HttpClientFactoryTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task NewHandlerOfTheSameClient_IsAReturningVisitor()
    {
        await using WebServer server = await WebServer.StartSecureAsync();
        var services = new ServiceCollection();
        services.AddHttpClient("api").UseSynHello((handler, _) => handler.SecureOptions.TrustedRoots = [WebServer.Root]);
        services.AddHttpClient("other").UseSynHello((handler, _) => handler.SecureOptions.TrustedRoots = [WebServer.Root]);
        await using ServiceProvider provider = services.BuildServiceProvider();
        IHttpClientFactory clients = provider.GetRequiredService<IHttpClientFactory>();

        Assert.Equal("hello", await clients.CreateClient("api").GetStringAsync(server.Uri, Cancelled));
        using (var next = new HttpMessageInvoker(NewHandler(provider, "api")))
            (await next.SendAsync(new HttpRequestMessage(HttpMethod.Get, server.Uri), Cancelled)).Dispose();
        Assert.Equal("hello", await clients.CreateClient("other").GetStringAsync(server.Uri, Cancelled));
        Assert.Equal(["HTTP/1.1 GET /", "HTTP/1.1 GET / early", "HTTP/1.1 GET /"], server.Requests);
    }

    /// <summary>What the factory does every two minutes.</summary>
    private static HttpMessageHandler NewHandler(IServiceProvider services, string name)
    {
        IOptionsMonitor<HttpClientFactoryOptions> options = services.GetRequiredService<IOptionsMonitor<HttpClientFactoryOptions>>();
        var builder = new NewBuilder(services) { Name = name };
        foreach (Action<HttpMessageHandlerBuilder> action in options.Get(name).HttpMessageHandlerBuilderActions)
            action(builder);
        return builder.Build();
    }

    private sealed class NewBuilder(IServiceProvider services) : HttpMessageHandlerBuilder
    {
        public override string? Name { get; set; }

        public override HttpMessageHandler PrimaryHandler { get; set; } = new HttpClientHandler();

        public override IList<DelegatingHandler> AdditionalHandlers { get; } = [];

        public override IServiceProvider Services => services;

        public override HttpMessageHandler Build() => PrimaryHandler;
    }
}
