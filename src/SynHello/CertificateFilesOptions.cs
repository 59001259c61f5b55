using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

using SynHello.Crypto;
using SynHello.Tls;

namespace SynHello;

/// <summary>How <see cref="CertificateFiles"/> are watched. Read when they are loaded; changes afterwards have no effect.</summary>
public sealed class CertificateFilesOptions
{
    /// <summary>
    /// How often the files are looked at, one second to one day; 5 seconds by default. What is new is taken up by the look after the
    /// one that saw it first, so that nothing is read while it is being written. <see cref="Timeout.InfiniteTimeSpan"/> leaves it to
    /// <see cref="CertificateFiles.Reload"/>.
    /// </summary>
    public TimeSpan Interval { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Whether clients are refused (unrecognized_name) that name no host, or one that no certificate is for. False by default: where no
    /// file is <see cref="CertificateFile.IsDefault"/>, they are shown what is shown for the first host of the first file.
    /// </summary>
    public bool RefuseUnknownHosts { get; set; }

    /// <summary>
    /// Makes what is shown of what was loaded, for instance with OCSP responses. Null, the default, shows it as it is. It must not wait;
    /// what it throws counts as a file that cannot be used.
    /// </summary>
    public Func<X509Credential, TlsCredential>? Prepare { get; set; }

    /// <summary>
    /// Is told of each credential, as <see cref="Prepare"/> made it, that another one has taken the place of, so that nothing works on
    /// for it in the background. Connections may sign with it still: it must not be made useless.
    /// </summary>
    public Action<TlsCredential>? Replaced { get; set; }

    /// <summary>
    /// How OCSP responses are fetched for the certificates, in the background, to be shown with them (see <see cref="OcspStapler"/>);
    /// null, the default, fetches none. A certificate that names no responder, or whose issuer is not in its file, is shown without,
    /// which the log says. Its <see cref="OcspStaplerOptions.FilePath"/> has to be null: see <see cref="OcspDirectory"/>.
    /// </summary>
    public OcspStaplerOptions? OcspStapling { get; set; }

    /// <summary>
    /// An existing directory that keeps the last good OCSP responses across restarts, in a file for each certificate, named by its SHA-256;
    /// null, the default, keeps none. Files of certificates that are gone are left behind.
    /// </summary>
    public string? OcspDirectory { get; set; }

    /// <summary>Where reloads, and files that cannot be used, are logged; nowhere by default.</summary>
    public ILoggerFactory LoggerFactory { get; set; } = NullLoggerFactory.Instance;

    /// <summary>The clock.</summary>
    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;
}
