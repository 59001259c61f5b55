namespace SynHello;

/// <summary>
/// Where a certificate and its key are: two PEM files, one PEM file that holds both, or a PFX file. Immutable.
/// </summary>
public sealed class CertificateFile
{
    /// <summary>Names the files.</summary>
    /// <param name="certificatePath">
    /// The PEM file with the end entity's certificate first, then its intermediates in order; or, without
    /// <paramref name="keyPath"/>, a PEM file that holds the key as well, or a PFX file.
    /// </param>
    /// <param name="keyPath">The PEM file with the private key: PKCS #8, encrypted or not, SEC 1 or PKCS #1.</param>
    /// <exception cref="ArgumentException">A path is empty.</exception>
    public CertificateFile(string certificatePath, string? keyPath = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(certificatePath);
        if (keyPath is not null)
            ArgumentException.ThrowIfNullOrEmpty(keyPath);
        CertificatePath = certificatePath;
        KeyPath = keyPath;
    }

    /// <summary>The file with the certificate.</summary>
    public string CertificatePath { get; }

    /// <summary>The file with the key; null when it is with the certificate.</summary>
    public string? KeyPath { get; }

    /// <summary>The password of an encrypted key, or of a PFX file; null, the default, when there is none.</summary>
    public string? Password { get; init; }

    /// <summary>
    /// The hosts that the certificate is shown for, as <see cref="HostCertificate"/> takes them; empty, the default, means those that
    /// it names.
    /// </summary>
    public IReadOnlyList<string> HostNames { get; init; } = [];

    /// <summary>
    /// Whether it is shown to clients that name no host, or one that no certificate is for. Where it is said of none, see
    /// <see cref="CertificateFilesOptions.RefuseUnknownHosts"/>.
    /// </summary>
    public bool IsDefault { get; init; }
}
