using System.Diagnostics.CodeAnalysis;

using Microsoft.Extensions.Options;

namespace SynHello.AspNetCore;

/// <summary>
/// The certificates of a configured endpoint, from its files, unless code has given it some. Behind all other code, so that whoever has
/// certificates from elsewhere needs no files.
/// </summary>
[SuppressMessage("Performance", "CA1812", Justification = "Dependency injection makes it.")]
internal sealed class ConfiguredListenerCertificates(KestrelSection section, ConfiguredCertificates certificates)
    : IPostConfigureOptions<SecureListenerOptions>
{
    public void PostConfigure(string? name, SecureListenerOptions options)
    {
        if (section.Find(name) is not { } endPoint
            || options.Credentials.Count > 0 || options.CredentialSelector is not null || options.CredentialCallback is not null)
        {
            return;
        }

        CertificateFiles files = certificates.For(endPoint);
        options.Credentials = [.. files.Credentials];
        options.CredentialSelector = files.Select;
    }
}
