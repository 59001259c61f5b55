using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

using SynHello.Tls;

namespace SynHello;

/// <summary>A certificate with its key, and the hosts that it is shown for. Immutable; safe to use from any thread.</summary>
public sealed class HostCertificate
{
    /// <summary>Says which hosts a certificate is for.</summary>
    /// <param name="credential">The certificate with its key.</param>
    /// <param name="hostNames">
    /// The hosts: names, in Unicode or punycode, where the label in front may be an asterisk that stands for one label, or IP
    /// addresses. None means those that the certificate names (its subject alternative names, RFC 9525 section 6.1). Clients do not ask
    /// for an IP address, because server_name carries none (RFC 6066 section 3): who dials one gets what <see cref="IsDefault"/>.
    /// </param>
    /// <exception cref="ArgumentException">A name is none.</exception>
    /// <exception cref="CryptographicException">The certificate cannot be read.</exception>
    public HostCertificate(TlsCredential credential, params IReadOnlyList<string> hostNames)
    {
        ArgumentNullException.ThrowIfNull(credential);
        ArgumentNullException.ThrowIfNull(hostNames);
        Credential = credential;
        HostNames = hostNames.Count > 0 ? [.. hostNames.Select(Require).Distinct()] : NamesOf(credential);
    }

    /// <summary>Another one's default.</summary>
    private HostCertificate(HostCertificate other)
    {
        Credential = other.Credential;
        HostNames = other.HostNames;
        IsDefault = true;
    }

    /// <summary>The certificate with its key.</summary>
    public TlsCredential Credential { get; }

    /// <summary>
    /// The hosts that it is for, in lower case and punycode; empty when the certificate names none that a client could ask for.
    /// </summary>
    public IReadOnlyList<string> HostNames { get; }

    /// <summary>Whether it is shown to clients that name no host, or one that no certificate is for. False by default.</summary>
    public bool IsDefault { get; init; }

    /// <summary>The same, as a default one.</summary>
    internal HostCertificate ToDefault() => new(this);

    private static string Require(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return HostName.Normalize(name)
            ?? throw new ArgumentException($"\"{name}\" is no name of a host.", nameof(name));
    }

    private static string[] NamesOf(TlsCredential credential)
    {
        using X509Certificate2 certificate = X509CertificateLoader.LoadCertificate(credential.CertificateChain[0].Span);
        var names = new List<string>();
        foreach (X509SubjectAlternativeNameExtension extension in certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>())
        {
            names.AddRange(extension.EnumerateDnsNames());
            foreach (IPAddress address in extension.EnumerateIPAddresses())
                names.Add(address.ToString());
        }

        // What is no name of a host nobody can ask for.
        return [.. names.Select(HostName.Normalize).OfType<string>().Distinct()];
    }
}
