using System.Collections.Concurrent;
using System.Net;

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

using SynHello.AspNetCore;
using SynHello.Testing;

namespace SynHello.Http.Tests;

/// <summary>Kestrel on a port of its own, over its own TLS or over SynHello, with an application that answers as it is asked to.</summary>
internal sealed class WebServer : IAsyncDisposable
{
    public const string Host = "localhost";

    private static readonly TestChain s_chain = TestCertificates.Shared(CertificateKind.EcdsaP256);

    private readonly WebApplication _application;
    private readonly ConcurrentQueue<string> _requests = new();
    private readonly ConcurrentDictionary<string, byte> _connections = new();

    private WebServer(Action<WebApplicationBuilder> listen, bool judgesEarlyData, RequestDelegate? handler)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddRoutingCore();
        builder.WebHost.UseKestrelCore();
        listen(builder);
        _application = builder.Build();
        if (judgesEarlyData)
            _application.UseEarlyData(new EarlyDataOptions { AllowByDefault = true });
        _application.Run(context => HandleAsync(context, handler));
    }

    /// <summary>The root that clients have to trust.</summary>
    public static System.Security.Cryptography.X509Certificates.X509Certificate2 Root => s_chain.Root;

    /// <summary>What servers show.</summary>
    public static SynHello.Tls.TlsCredential Credential => s_chain.ToCredential();

    public int Port { get; private set; }

    public Uri Uri => new($"https://{Host}:{Port}/");

    /// <summary>The requests that the application ran, in order: protocol, method, path, and whether they came early.</summary>
    public IReadOnlyList<string> Requests => [.. _requests];

    /// <summary>How many connections the application has had requests on.</summary>
    public int Connections => _connections.Count;

    /// <summary>Kestrel as it is, with its own TLS.</summary>
    public static Task<WebServer> StartStockAsync(HttpProtocols protocols, RequestDelegate? handler = null) => StartAsync(
        builder => builder.WebHost.UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, endPoint =>
        {
            endPoint.Protocols = protocols;
            endPoint.UseHttps(s_chain.Leaf, https => https.ServerCertificateChain = s_chain.Intermediates);
        })),
        judgesEarlyData: false,
        handler);

    /// <summary>Kestrel without TLS.</summary>
    public static Task<WebServer> StartPlainAsync(RequestDelegate? handler = null) => StartAsync(
        builder => builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0)), judgesEarlyData: false, handler);

    /// <summary>Kestrel over SynHello.</summary>
    public static async Task<WebServer> StartSecureAsync(
        HttpProtocols protocols = HttpProtocols.Http1,
        Action<SecureListenerOptions>? configure = null,
        bool judgesEarlyData = true,
        RequestDelegate? handler = null,
        int port = 0)
    {
        if (port == 0)
            port = FreePort();
        WebServer server = await StartAsync(
            builder => builder.WebHost.UseSynHello(
                options =>
                {
                    options.ListenEndPoint = new IPEndPoint(IPAddress.Loopback, port);
                    options.Credentials = [Credential];
                    options.MaximumEarlyData = 16_384;
                    options.ApplicationProtocols = protocols switch
                    {
                        HttpProtocols.Http1 => [System.Net.Security.SslApplicationProtocol.Http11],
                        HttpProtocols.Http2 => [System.Net.Security.SslApplicationProtocol.Http2],
                        _ => [System.Net.Security.SslApplicationProtocol.Http2, System.Net.Security.SslApplicationProtocol.Http11],
                    };
                    configure?.Invoke(options);
                },
                endPoint => endPoint.Protocols = protocols),
            judgesEarlyData,
            handler);
        server.Port = port;
        return server;
    }

    public async ValueTask DisposeAsync() => await _application.DisposeAsync();

    private static async Task<WebServer> StartAsync(
        Action<WebApplicationBuilder> listen, bool judgesEarlyData, RequestDelegate? handler)
    {
        var server = new WebServer(listen, judgesEarlyData, handler);
        await server._application.StartAsync();
        string address = server._application.Services.GetRequiredService<IServer>()
            .Features.Get<IServerAddressesFeature>()!.Addresses.FirstOrDefault("https://localhost:0");
        server.Port = BindingAddress.Parse(address).Port;
        return server;
    }

    private static int FreePort()
    {
        using var listener = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private Task HandleAsync(HttpContext context, RequestDelegate? handler)
    {
        bool isEarly = context.IsEarlyData();
        _connections.TryAdd(context.Connection.Id, 0);
        _requests.Enqueue($"{context.Request.Protocol} {context.Request.Method} {context.Request.Path}{(isEarly ? " early" : "")}");
        return handler is null ? context.Response.WriteAsync("hello") : handler(context);
    }
}
