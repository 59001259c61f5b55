using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace SynHello.AspNetCore;

/// <summary>Lets Kestrel serve over SynHello.</summary>
public static class SecureWebHostBuilderExtensions
{
    /// <summary>
    /// Makes Kestrel serve the https endpoints of its configuration ("Kestrel:Endpoints") through a <see cref="SecureListener"/> each, which
    /// takes ClientHellos out of SYNs. Endpoints without https stay what they are.
    /// </summary>
    /// <param name="builder">The host, whose server is Kestrel.</param>
    /// <returns>The same host.</returns>
    /// <remarks>
    /// <para>Of an endpoint are read: Url, Protocols (HTTP/1.1 and HTTP/2), SslProtocols, ClientCertificateMode, Certificate with Path, KeyPath
    /// and Password (PEM or PFX), and Sni with a Certificate for each host; and of "Kestrel" EndpointDefaults and Certificates:Default. The
    /// files of certificates are watched, and taken up anew when they change (<see cref="CertificateFiles"/>). What Kestrel's configuration
    /// has no word for is in the section "SynHello", for all endpoints, or in the endpoint's own: FastOpen (Off, Cookie, Cookieless),
    /// MaximumEarlyData (bytes), TrustedClientRoots (a PEM file). See docs/deploying.md.</para>
    /// <para>Code has the last word, by the endpoint's name:
    /// <c>services.Configure&lt;SecureListenerOptions&gt;("Https", options => ...)</c>, or ConfigureAll, called after this. Who
    /// gives an endpoint certificates there needs no files. What ConfigureHttpsDefaults says holds for these endpoints too, below their own
    /// settings.</para>
    /// <para>When the host starts, what is wrong with an endpoint's configuration is an <see cref="InvalidOperationException"/>, an address
    /// that is in use an <see cref="IOException"/>. When the host stops, the listeners close at once and the requests under way are
    /// answered first, as long as the host's shutdown timeout lasts.</para>
    /// </remarks>
    public static IWebHostBuilder UseSynHello(this IWebHostBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.ConfigureServices(services =>
        {
            AddListeners(services);
            RemainingEndPoints.AddTo(services);
            services.TryAddSingleton<ConfiguredCertificates>();
            services.TryAddSingleton<ConfiguredEndPoints>();
            services.TryAddSingleton<KestrelSection>();
            services.TryAddEnumerable(
                ServiceDescriptor.Singleton<IConfigureOptions<SecureListenerOptions>, ConfiguredListenerOptions>());
            services.TryAddEnumerable(
                ServiceDescriptor.Singleton<IPostConfigureOptions<SecureListenerOptions>, ConfiguredListenerCertificates>());
        });
    }

    /// <summary>
    /// Makes Kestrel listen on an address through a <see cref="SecureListener"/>, which takes ClientHellos out of SYNs;
    /// the requests' scheme is https. It serves HTTP/1.1 and HTTP/2. May be called for several addresses, and leaves Kestrel's
    /// other endpoints alone.
    /// </summary>
    /// <param name="builder">The host, whose server is Kestrel.</param>
    /// <param name="configure">
    /// Sets the options: the address and a credential at least.
    /// <see cref="SecureListenerOptions.ApplicationProtocols"/>, unless they are set here, follow <see cref="ListenOptions.Protocols"/>, and
    /// <see cref="SecureListenerOptions.LoggerFactory"/> is the host's. Where
    /// <see cref="SecureListenerOptions.MaximumEarlyData"/> is not 0, requests that come as early data are dispatched
    /// when the handshake is complete, unless the application takes them sooner with
    /// <see cref="EarlyDataApplicationBuilderExtensions.UseEarlyData(Microsoft.AspNetCore.Builder.IApplicationBuilder)"/>.
    /// </param>
    /// <param name="configureEndPoint">
    /// Sets up Kestrel's side of the endpoint further: its protocols, or its connection middleware, which sees what was decrypted. Not its TLS:
    /// UseHttps is refused when the host starts.
    /// </param>
    /// <returns>The same host.</returns>
    /// <remarks>
    /// When the host starts, an address that is in use, or cannot be listened on for another reason, is an
    /// <see cref="IOException"/>. When the host stops, the listener
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
            AddListeners(services);
            services.AddSingleton(new EndPointInCode(configure, configureEndPoint));
        });
    }

    private static void AddListeners(IServiceCollection services)
    {
        services.AddOptions();
        services.TryAddSingleton<EarlyRequests>();
        services.TryAddSingleton<SecureListeners>();
        services.TryAddEnumerable(
            ServiceDescriptor.Singleton<IConnectionListenerFactory, SecureConnectionListenerFactory>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IPostConfigureOptions<KestrelServerOptions>, EndPointSetup>());
        if (!services.Any(service => !service.IsKeyedService && service.ImplementationType == typeof(EarlyDataStartupFilter)))
            services.Insert(0, ServiceDescriptor.Singleton<IStartupFilter, EarlyDataStartupFilter>()); // in front of all others
    }
}
