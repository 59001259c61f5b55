using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;

using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;

namespace SynHello.AspNetCore;

/// <summary>
/// Has Kestrel listen on the https endpoints of its configuration through secure listeners, and takes them out of what Kestrel itself
/// reads of it.
/// </summary>
[SuppressMessage("Performance", "CA1812", Justification = "Dependency injection makes it.")]
internal sealed class ConfiguredEndPoints(
    KestrelSection section,
    IOptionsFactory<SecureListenerOptions> options,
    ConfiguredCertificates certificates,
    ILoggerFactory loggerFactory) : IDisposable
{
    private readonly ILogger _logger = loggerFactory.CreateLogger<ConfiguredEndPoints>();
    private IDisposable? _watching;

    /// <param name="kestrel">Who is to listen.</param>
    /// <param name="observe">Is shown what Kestrel's own TLS would be set to.</param>
    public void Listen(KestrelServerOptions kestrel, Action<HttpsConnectionAdapterOptions> observe)
    {
        RemainingConfiguration? remaining = null;
        if (kestrel.ConfigurationLoader is { } loader)
        {
            remaining = loader.Configuration as RemainingConfiguration;
            section.Configuration = remaining?.Whole ?? loader.Configuration;
        }

        IConfigurationSection[] endPoints = [.. section.EndPoints];
        if (endPoints.Length == 0)
        {
            throw section.Configuration.Error(
                "Endpoints", "there is no endpoint with an https Url, and UseSynHello without options serves those (not ASPNETCORE_URLS or --urls).");
        }

        if (kestrel.ConfigurationLoader is not null)
        {
            if (remaining is null)
            {
                Log.LoaderReplaced(_logger);
                remaining = new RemainingConfiguration(section.Configuration);
                kestrel.Configure(remaining, reloadOnChange: true);
            }

            Watch(remaining);
        }

        foreach (IConfigurationSection endPoint in endPoints)
        {
            foreach (IPEndPoint address in Addresses(endPoint))
                Listen(kestrel, endPoint, address, observe);
        }
    }

    public void Dispose() => _watching?.Dispose();

    private void Listen(
        KestrelServerOptions kestrel, IConfigurationSection endPoint, IPEndPoint address, Action<HttpsConnectionAdapterOptions> observe)
    {
        HttpProtocols? own = endPoint.GetEnum<HttpProtocols>("Protocols");

        // Where Kestrel reads its section it has applied this, and the application's code has had the last word.
        HttpProtocols? common = kestrel.ConfigurationLoader is null
            ? section.Configuration.GetSection("EndpointDefaults").GetEnum<HttpProtocols>("Protocols")
            : null;
        SecureEndPoints.Listen(
            kestrel,
            new SecureEndPoint { CertificateFiles = () => certificates.Find(endPoint)?.Credentials },
            https =>
            {
                observe(https);
                (section.HttpsDefaults, section.IsReadByKestrel) = (https, kestrel.ConfigurationLoader is not null);
                SecureListenerOptions listener = options.Create(endPoint.Key);
                listener.ListenEndPoint ??= address;
                return listener;
            },
            listen =>
            {
                if ((own ?? common) is { } chosen)
                    listen.Protocols = chosen;
            });
    }

    /// <summary>What is secure stays so, and nothing else becomes it, until the next start; whoever changes that is told.</summary>
    private void Watch(RemainingConfiguration remaining)
    {
        _watching?.Dispose();
        _watching = ChangeToken.OnChange(remaining.GetReloadToken, () =>
        {
            string[] changed = [.. remaining.ChangedEndPoints];
            if (changed.Length > 0)
                Log.RestartNeeded(_logger, string.Join(", ", changed));
        });
    }

    /// <summary>As Kestrel understands such addresses: localhost is two, and a name that is no address is all of them.</summary>
    private static IEnumerable<IPEndPoint> Addresses(IConfigurationSection endPoint)
    {
        BindingAddress url;
        try
        {
            url = BindingAddress.Parse(endPoint["Url"]!.Trim());
        }
        catch (FormatException exception)
        {
            throw endPoint.Error("Url", $"\"{endPoint["Url"]}\" is no address to listen on.", exception);
        }

        if (url.IsUnixPipe || url.IsNamedPipe)
            throw endPoint.Error("Url", "only TCP is served over SynHello.");
        if (url.PathBase.Length > 0)
            throw endPoint.Error("Url", $"an address to listen on has no path (\"{url.PathBase}\"); see UsePathBase.");
        if (string.Equals(url.Host, "localhost", StringComparison.OrdinalIgnoreCase))
        {
            if (url.Port == 0)
                throw endPoint.Error("Url", "localhost is two addresses, which no free port can be taken for at once; use 127.0.0.1 or [::1].");
            yield return new IPEndPoint(IPAddress.Loopback, url.Port);
            if (Socket.OSSupportsIPv6)
                yield return new IPEndPoint(IPAddress.IPv6Loopback, url.Port);
        }
        else if (IPAddress.TryParse(url.Host, out IPAddress? address))
        {
            yield return new IPEndPoint(address, url.Port);
        }
        else
        {
            yield return new IPEndPoint(Socket.OSSupportsIPv6 ? IPAddress.IPv6Any : IPAddress.Any, url.Port);
        }
    }
}
