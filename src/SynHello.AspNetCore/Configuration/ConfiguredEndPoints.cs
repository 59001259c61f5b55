using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;

using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace SynHello.AspNetCore;

/// <summary>
/// Has Kestrel listen on the https endpoints of its configuration through secure listeners, and takes them out of what Kestrel itself
/// reads of it. After everything else that configures Kestrel.
/// </summary>
[SuppressMessage("Performance", "CA1812", Justification = "Dependency injection makes it.")]
internal sealed class ConfiguredEndPoints(
    KestrelSection section, IOptionsFactory<SecureListenerOptions> options, ConfiguredCertificates certificates)
    : IPostConfigureOptions<KestrelServerOptions>
{
    public void PostConfigure(string? name, KestrelServerOptions kestrel)
    {
        if (name != Options.DefaultName)
            return;
        if (kestrel.ConfigurationLoader is { } loader)
            section.Configuration = loader.Configuration;
        IConfigurationSection[] endPoints = [.. section.EndPoints];
        if (endPoints.Length == 0)
        {
            throw section.Configuration.Error(
                "Endpoints", "there is no endpoint with an https Url, and UseSynHello without options serves those.");
        }

        if (kestrel.ConfigurationLoader is not null)
            kestrel.Configure(new RemainingConfiguration(section.Configuration), reloadOnChange: true);
        foreach (IConfigurationSection endPoint in endPoints)
        {
            foreach (IPEndPoint address in Addresses(endPoint))
                Listen(kestrel, endPoint, address);
        }
    }

    private void Listen(KestrelServerOptions kestrel, IConfigurationSection endPoint, IPEndPoint address)
    {
        SecureListenerOptions listener = options.Create(endPoint.Key);
        listener.ListenEndPoint ??= address;
        HttpProtocols? protocols = endPoint.GetEnum<HttpProtocols>("Protocols");
        SecureEndPoints.Listen(kestrel, new SecureEndPoint(listener, () => certificates.For(endPoint).Credentials), listen =>
        {
            if (protocols is { } chosen)
                listen.Protocols = chosen;
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
