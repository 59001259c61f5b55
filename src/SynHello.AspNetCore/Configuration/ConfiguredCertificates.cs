using System.Collections.Concurrent;
using System.Security.Cryptography;

using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace SynHello.AspNetCore;

/// <summary>The certificates of configured endpoints, whose files are watched until the host is disposed of. Thread-safe.</summary>
internal sealed class ConfiguredCertificates(
    KestrelSection section, IOptionsMonitor<CertificateFilesOptions> options, ILoggerFactory loggerFactory) : IAsyncDisposable, IDisposable
{
    private readonly ConcurrentDictionary<string, Lazy<CertificateFiles>> _files = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>All that were loaded.</summary>
    public IEnumerable<CertificateFiles> All => _files.Values.Where(files => files.IsValueCreated).Select(files => files.Value);

    /// <exception cref="InvalidOperationException">They cannot be used; the message says why in one line.</exception>
    public CertificateFiles For(IConfigurationSection endPoint) =>
        _files.GetOrAdd(endPoint.Key, _ => new Lazy<CertificateFiles>(() => Load(endPoint))).Value;

    /// <summary>Those of an endpoint, if they were loaded.</summary>
    public CertificateFiles? Find(IConfigurationSection endPoint) =>
        _files.TryGetValue(endPoint.Key, out Lazy<CertificateFiles>? files) && files.IsValueCreated ? files.Value : null;

    public async ValueTask DisposeAsync()
    {
        foreach (CertificateFiles files in All)
            await files.DisposeAsync().ConfigureAwait(false);
    }

    public void Dispose() => DisposeAsync().AsTask().GetAwaiter().GetResult();

    private CertificateFiles Load(IConfigurationSection endPoint)
    {
        CertificateFilesOptions watching = options.Get(endPoint.Key);
        if (ReferenceEquals(watching.LoggerFactory, NullLoggerFactory.Instance))
            watching.LoggerFactory = loggerFactory;
        List<CertificateFile> files = [.. FilesOf(endPoint)];
        watching.RefuseUnknownHosts |= endPoint.GetSection("Sni").GetChildren().Any() && !files.Any(file => file.IsDefault);
        try
        {
            return new CertificateFiles(files, watching);
        }
        catch (Exception exception)
            when (exception is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException)
        {
            throw endPoint.Error("Certificate", exception.Message, exception);
        }
    }

    /// <summary>
    /// An endpoint's own certificate, or else the default one, and those of its hosts, of which "*" stands for all that have none.
    /// </summary>
    private IEnumerable<CertificateFile> FilesOf(IConfigurationSection endPoint)
    {
        IConfigurationSection own = endPoint.GetSection("Certificate");
        IConfigurationSection common = section.Configuration.GetSection("Certificates:Default");
        IConfigurationSection? fallback = own.Exists() ? own : common.Exists() ? common : null;
        IConfigurationSection[] hosts = [.. endPoint.GetSection("Sni").GetChildren()];
        if (hosts.Length == 0)
        {
            yield return FileOf(fallback ?? throw None(endPoint), [], isDefault: true);
            yield break;
        }

        foreach (IConfigurationSection host in hosts)
        {
            foreach (string key in (ReadOnlySpan<string>)["Protocols", "SslProtocols", "ClientCertificateMode"])
            {
                if (host.GetSection(key).Exists())
                    throw host.Error(key, "all hosts of an endpoint have this in common here: say it of the endpoint.");
            }

            IConfigurationSection certificate = host.GetSection("Certificate");
            bool isDefault = host.Key == "*";
            yield return FileOf(
                certificate.Exists() ? certificate : fallback ?? throw None(host), isDefault ? [] : [host.Key], isDefault);
        }
    }

    private CertificateFile FileOf(IConfigurationSection certificate, IReadOnlyList<string> hosts, bool isDefault)
    {
        if (certificate["Path"] is not { Length: > 0 } path)
        {
            throw certificate.Error("Path", certificate["Subject"] is null
                ? "there is none."
                : "there is none, and certificates of a store are not read from configuration: give SecureListenerOptions X509Credential.FromStore.");
        }

        return new CertificateFile(
            Path.Combine(section.ContentRoot, path),
            certificate["KeyPath"] is { Length: > 0 } keyPath ? Path.Combine(section.ContentRoot, keyPath) : null)
        {
            Password = certificate["Password"],
            HostNames = hosts,
            IsDefault = isDefault,
        };
    }

    private static InvalidOperationException None(IConfigurationSection endPoint) => endPoint.Error(
        "Certificate", "there is none, and no Kestrel:Certificates:Default; give a Path, and a KeyPath or Password.");
}
