using System.Security.Cryptography.X509Certificates;

namespace SynHello.Cli;

/// <summary>The certificate and its key in a directory of this user's own, for servers in other processes; gone with this object.</summary>
internal sealed class IdentityFiles : IDisposable
{
    private readonly DirectoryInfo _directory = System.IO.Directory.CreateTempSubdirectory("synhello-bench-");

    public IdentityFiles()
    {
        using var key = BenchIdentity.Ecdsa.Certificate.GetECDsaPrivateKey()!;
        File.WriteAllText(Certificate, BenchIdentity.Ecdsa.Certificate.ExportCertificatePem());
        File.WriteAllText(Key, key.ExportPkcs8PrivateKeyPem());
    }

    /// <summary>Where else a server may put its files.</summary>
    public string Directory => _directory.FullName;

    public string Certificate => Path.Combine(Directory, "certificate.pem");

    public string Key => Path.Combine(Directory, "key.pem");

    public void Dispose() => _directory.Delete(recursive: true);
}
