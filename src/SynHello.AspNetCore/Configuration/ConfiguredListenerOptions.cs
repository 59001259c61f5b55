using System.Diagnostics.CodeAnalysis;
using System.Diagnostics.Metrics;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

using SynHello.Sockets;
using SynHello.Tls;

namespace SynHello.AspNetCore;

/// <summary>The options of a configured endpoint, by its name: the common ones, then its own.</summary>
[SuppressMessage("Performance", "CA1812", Justification = "Dependency injection makes it.")]
internal sealed class ConfiguredListenerOptions(KestrelSection section, IMeterFactory? meters = null)
    : IConfigureNamedOptions<SecureListenerOptions>
{
    private const int MostEarlyData = 1 << 20;

    public void Configure(SecureListenerOptions options) => Configure(Options.DefaultName, options);

    public void Configure(string? name, SecureListenerOptions options)
    {
        if (section.Find(name) is not { } endPoint)
            return;
        options.MeterFactory = meters;
        RefuseUnknownWords(section.Common);
        ReadOwn(section.Common, options);
        ReadDefaults(options);
        ReadKestrels(endPoint, options);
        ReadOwn(endPoint, options);
    }

    /// <summary>What holds for all endpoints: by the configuration, and above that by what code has told Kestrel.</summary>
    private void ReadDefaults(SecureListenerOptions options)
    {
        (SslProtocols protocols, TlsClientCertificateMode mode) = (options.EnabledSslProtocols, options.ClientCertificateMode);
        ReadKestrels(section.Configuration.GetSection("EndpointDefaults"), options);
        if (section.HttpsDefaults is not { } https)
            return;
        if (section.IsReadByKestrel)
            (options.EnabledSslProtocols, options.ClientCertificateMode) = (protocols, mode);
        HttpsDefaults.Apply(https, options);
    }

    /// <summary>What Kestrel has words for.</summary>
    private static void ReadKestrels(IConfiguration configuration, SecureListenerOptions options)
    {
        if (configuration.GetFlags<SslProtocols>("SslProtocols") is { } protocols and not SslProtocols.None)
        {
            if ((protocols & ~(SslProtocols.Tls12 | SslProtocols.Tls13)) != SslProtocols.None)
                throw configuration.Error("SslProtocols", $"\"{protocols}\" is more than there is: TLS 1.2 and TLS 1.3.");
            options.EnabledSslProtocols = protocols;
        }

        if (configuration.GetEnum<ClientCertificateMode>("ClientCertificateMode") is { } mode)
        {
            options.ClientCertificateMode = HttpsDefaults.ToMode(mode)
                ?? throw configuration.Error("ClientCertificateMode", $"nobody is asked for a certificate after the handshake here (\"{mode}\").");
        }
    }

    /// <summary>What it has none for.</summary>
    private void ReadOwn(IConfiguration configuration, SecureListenerOptions options)
    {
        if (configuration.GetEnum<FastOpenMode>("FastOpen") is { } fastOpen)
            options.FastOpen = fastOpen;
        if (configuration.GetNumber("MaximumEarlyData", MostEarlyData) is { } earlyData)
            options.MaximumEarlyData = earlyData;
        if (configuration["TrustedClientRoots"] is { Length: > 0 } roots)
            options.TrustedClientRoots = LoadRoots(configuration, Path.Combine(section.ContentRoot, roots));
    }

    /// <summary>An endpoint's section has Kestrel's words too, and whoever else's; the common one is SynHello's alone.</summary>
    private static void RefuseUnknownWords(IConfiguration common)
    {
        string[] known = ["FastOpen", "MaximumEarlyData", "TrustedClientRoots"];
        foreach (IConfigurationSection child in common.GetChildren())
        {
            if (!known.Contains(child.Key, StringComparer.OrdinalIgnoreCase))
                throw common.Error(child.Key, $"there is no such word; there are {string.Join(", ", known)}.");
        }
    }

    private static X509Certificate2Collection LoadRoots(IConfiguration configuration, string path)
    {
        var roots = new X509Certificate2Collection();
        try
        {
            roots.ImportFromPemFile(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw configuration.Error("TrustedClientRoots", exception.Message, exception);
        }

        return roots.Count > 0 ? roots : throw configuration.Error("TrustedClientRoots", $"{path} holds no PEM certificate.");
    }
}
