using System.Net.Security;

using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace SynHello.AspNetCore;

/// <summary>Has Kestrel listen on secure endpoints.</summary>
internal static class SecureEndPoints
{
    public static void Listen(KestrelServerOptions kestrel, SecureEndPoint endPoint, Action<ListenOptions>? configure) =>
        kestrel.Listen(endPoint, listen =>
        {
            // Says that the endpoint's scheme is https. Its TLS steps aside where a connection has ITlsConnectionFeature.
            listen.UseHttps(new TlsHandshakeCallbackOptions
            {
                OnConnection = static _ => throw new InvalidOperationException("The connection came without its TLS."),
            });
            configure?.Invoke(listen);
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
