using System.Diagnostics.Metrics;

using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace SynHello.Http;

/// <summary>Gives the clients of an <see cref="IHttpClientFactory"/> their connections through SynHello.</summary>
public static class SynHelloHttpClientBuilderExtensions
{
    /// <summary>
    /// Makes <see cref="SecureHttpHandler"/> the primary handler of a client. The factory makes a new handler from time to time; its
    /// sessions, and what is known of Fast Open's paths, go on from one to the next, so that the new one's first requests ride in the SYN
    /// as well.
    /// </summary>
    /// <param name="builder">The client.</param>
    /// <param name="configure">
    /// Sets up each handler. <see cref="SecureClientOptions.LoggerFactory"/> and the meters are the services' already. Where it sets <see
    /// cref="SecureClientOptions.RemoteCertificateValidationCallback"/> it gives the callback a name too (<see
    /// cref="SecureClientOptions.SessionTrustName"/>): sessions are not shared otherwise.
    /// </param>
    /// <returns>The same client.</returns>
    public static IHttpClientBuilder UseSynHello(
        this IHttpClientBuilder builder, Action<SecureHttpHandler, IServiceProvider>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.TryAddSingleton<ClientMemories>();
        string name = builder.Name;
        return builder.ConfigurePrimaryHttpMessageHandler(services =>
        {
            ClientMemory memory = services.GetRequiredService<ClientMemories>().Of(name);
            var handler = new SecureHttpHandler
            {
                MeterFactory = services.GetService<IMeterFactory>(),
                SecureOptions = new SecureClientOptions
                {
                    LoggerFactory = services.GetService<ILoggerFactory>() ?? NullLoggerFactory.Instance,
                    SessionStore = memory.Sessions,
                    FastOpenPaths = memory.Paths,
                },
            };
            configure?.Invoke(handler, services);
            return handler;
        });
    }
}
