using System.Net.Security;

using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace SynHello.AspNetCore;

/// <summary>Lets Kestrel serve over SynHello.</summary>
public static class SecureWebHostBuilderExtensions
{
    /// <summary>
    /// Makes Kestrel listen on an address through a <see cref="SecureListener"/>, which takes ClientHellos out of SYNs;
    /// the requests' scheme is https. It serves HTTP/1.1. May be called for several addresses, and leaves Kestrel's
    /// other endpoints alone.
    /// </summary>
    /// <param name="builder">The host, whose server is Kestrel.</param>
    /// <param name="configure">
    /// Sets the options: the address and a credential at least.
    /// <see cref="SecureListenerOptions.ApplicationProtocols"/> holds http/1.1 already, and
    /// <see cref="SecureListenerOptions.LoggerFactory"/> is the host's unless it is set here. Where
    /// <see cref="SecureListenerOptions.MaximumEarlyData"/> is not 0, requests that come as early data are dispatched
    /// when the handshake is complete, unless the application takes them sooner with
    /// <see cref="EarlyDataApplicationBuilderExtensions.UseEarlyData"/>.
    /// </param>
    /// <param name="configureEndPoint">
    /// Sets up Kestrel's side of the endpoint further, its connection middleware for instance.
    /// </param>
    /// <returns>The same host.</returns>
    /// <remarks>
    /// When the host starts, an address that is in use is an <see cref="IOException"/>, and one that cannot be listened
    /// on for another reason a <see cref="System.Net.Sockets.SocketException"/>. When the host stops, the listener
    /// closes at once and the requests under way are answered first, as long as the host's shutdown timeout lasts.
    /// </remarks>
    public static IWebHostBuilder UseSynHello(
        this IWebHostBuilder builder,
        Action<SecureListenerOptions> configure,
        Action<ListenOptions>? configureEndPoint = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(configure);
        return builder.ConfigureServices(services =>
        {
            services.TryAddSingleton<EarlyRequests>();
            services.TryAddEnumerable(
                ServiceDescriptor.Singleton<IConnectionListenerFactory, SecureConnectionListenerFactory>());
            services.Configure<KestrelServerOptions>(kestrel =>
            {
                var options = new SecureListenerOptions { ApplicationProtocols = [SslApplicationProtocol.Http11] };
                configure(options);
                kestrel.Listen(new SecureEndPoint(options), endPoint =>
                {
                    endPoint.Protocols = HttpProtocols.Http1;
                    configureEndPoint?.Invoke(endPoint);
                });
            });
        });
    }
}
