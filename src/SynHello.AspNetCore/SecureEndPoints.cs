using System.Net.Security;

using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace SynHello.AspNetCore;

/// <summary>Has Kestrel listen on secure endpoints.</summary>
internal static class SecureEndPoints
{
    /// <param name="kestrel">Who is to listen.</param>
    /// <param name="endPoint">Where.</param>
    /// <param name="create">Makes the endpoint's options of what Kestrel's own TLS would be set to.</param>
    /// <param name="configure">Sets up Kestrel's side of the endpoint.</param>
    /// <exception cref="InvalidOperationException">It is set up in a way that cannot be served.</exception>
    public static void Listen(
        KestrelServerOptions kestrel,
        SecureEndPoint endPoint,
        Func<HttpsConnectionAdapterOptions, SecureListenerOptions> create,
        Action<ListenOptions>? configure) =>
        kestrel.Listen(endPoint, listen =>
        {
            configure?.Invoke(listen);
            bool isSecured = listen.ToString()?.StartsWith("https:", StringComparison.OrdinalIgnoreCase) == true;

            // Says that the endpoint's scheme is https. Its TLS steps aside where a connection has ITlsConnectionFeature.
            listen.UseHttps(https =>
            {
                endPoint.Options = create(https);
                https.ServerCertificate = null;
                https.ServerCertificateSelector = static (_, _) => throw new InvalidOperationException("The connection came without its TLS.");
            });
            if (isSecured)
            {
                throw new InvalidOperationException(
                    $"The TLS of {endPoint} is SynHello's: leave UseHttps out of its set-up and of ConfigureEndpointDefaults; "
                    + "what it was to set belongs into SecureListenerOptions.");
            }

            if (listen.Protocols.HasFlag(HttpProtocols.Http3))
                throw new InvalidOperationException($"HTTP/3 is not served over SynHello: leave it out of the protocols of {endPoint}.");
            if (endPoint.Options.ApplicationProtocols.Count == 0)
                endPoint.Options.ApplicationProtocols = [.. ApplicationProtocols(listen.Protocols)];
        });

    private static IEnumerable<SslApplicationProtocol> ApplicationProtocols(HttpProtocols protocols)
    {
        if (protocols.HasFlag(HttpProtocols.Http2))
            yield return SslApplicationProtocol.Http2;
        if (protocols.HasFlag(HttpProtocols.Http1))
            yield return SslApplicationProtocol.Http11;
    }
}
