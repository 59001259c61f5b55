using System.Collections.Concurrent;
using System.Net;

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

using SynHello.Interop.Tests;

namespace SynHello.AspNetCore.Tests;

/// <summary>An application over Kestrel, with what a test adds to it, and without what the machine's settings say.</summary>
internal sealed class WebServer : IAsyncDisposable
{
    private WebServer(WebApplication application, CollectingLoggerProvider logs)
    {
        Application = application;
        Logs = logs.Lines;
    }

    public WebApplication Application { get; }

    /// <summary>What was logged, a line an event, with its level in front.</summary>
    public IReadOnlyCollection<string> Logs { get; }

    public ICollection<string> Addresses =>
        Application.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses;

    /// <summary>What is shown to clients.</summary>
    public IEnumerable<Tls.TlsCredential> Certificates =>
        Application.Services.GetRequiredService<SecureListeners>().All.SelectMany(entry => entry.EndPoint.Credentials());

    /// <summary>One endpoint in code.</summary>
    public static Task<WebServer> StartAsync(
        IPEndPoint endPoint,
        Action<WebApplication> map,
        Action<SecureListenerOptions>? configure = null,
        Action<WebApplicationBuilder>? build = null,
        Func<WebApplicationOptions, WebApplicationBuilder>? create = null) =>
        StartAsync(
            builder =>
            {
                builder.WebHost.UseSynHello(options =>
                {
                    options.ListenEndPoint = endPoint;
                    options.Credentials = [Identity.For(endPoint.Address).Credential];
                    configure?.Invoke(options);
                });
                build?.Invoke(builder);
            },
            map,
            create);

    /// <summary>Endpoints by configuration.</summary>
    public static Task<WebServer> StartAsync(
        Dictionary<string, string?> configuration, Action<WebApplication> map, Action<WebApplicationBuilder>? build = null) =>
        StartAsync(
            builder =>
            {
                builder.Configuration.AddInMemoryCollection(configuration);
                builder.WebHost.UseSynHello();
                build?.Invoke(builder);
            },
            map);

    /// <param name="build">Adds to the application.</param>
    /// <param name="map">Adds to its pipeline.</param>
    /// <param name="create">Makes the builder; one without anything by default.</param>
    /// <param name="readsConfiguration">Whether Kestrel reads its section, as it does by default elsewhere.</param>
    public static async Task<WebServer> StartAsync(
        Action<WebApplicationBuilder> build,
        Action<WebApplication> map,
        Func<WebApplicationOptions, WebApplicationBuilder>? create = null,
        bool readsConfiguration = true)
    {
        WebApplicationBuilder builder = (create ?? WebApplication.CreateEmptyBuilder)(new WebApplicationOptions());
        builder.Configuration.Sources.Clear();
        var logs = new CollectingLoggerProvider();
        builder.Logging.AddProvider(logs).SetMinimumLevel(LogLevel.Debug);
        builder.Services.AddRouting();
        builder.WebHost.UseKestrelCore();
        if (create is null && readsConfiguration)
        {
            builder.WebHost.ConfigureKestrel(
                (context, kestrel) => kestrel.Configure(context.Configuration.GetSection("Kestrel"), reloadOnChange: true));
        }

        build(builder);
        WebApplication application = builder.Build();
        try
        {
            map(application);
            await application.StartAsync();
        }
        catch
        {
            await application.DisposeAsync();
            throw;
        }

        return new WebServer(application, logs);
    }

    public Task StopAsync() => Application.StopAsync().WaitAsync(ChildProcess.Patience);

    public ValueTask DisposeAsync() => Application.DisposeAsync();

    private sealed class CollectingLoggerProvider : ILoggerProvider, ILogger
    {
        public ConcurrentQueue<string> Lines { get; } = new();

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Lines.Enqueue($"{logLevel}: {formatter(state, exception)}{(exception is null ? "" : $" {exception}")}");

        public void Dispose()
        {
            // Nothing is held.
        }
    }
}
