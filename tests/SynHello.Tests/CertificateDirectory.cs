using SynHello.Testing;

namespace SynHello.Tests;

/// <summary>Files of certificates and keys, which tests change.</summary>
internal sealed class CertificateDirectory : IDisposable
{
    private readonly string _path = Directory.CreateTempSubdirectory("synhello-certificates-").FullName;

    public string this[string name] => Path.Combine(_path, name);

    /// <summary>Names a pair of files: NAME.crt and NAME.key.</summary>
    public CertificateFile File(string name) => new(this[$"{name}.crt"], this[$"{name}.key"]);

    /// <summary>Writes both files.</summary>
    public CertificateFile Write(string name, TestChain chain)
    {
        WriteCertificate(name, chain);
        WriteKey(name, chain);
        return File(name);
    }

    public void WriteCertificate(string name, TestChain chain) => WriteText($"{name}.crt", chain.ToCertificatePem());

    public void WriteKey(string name, TestChain chain) => WriteText($"{name}.key", chain.ToKeyPem());

    public void WriteText(string name, string text) => System.IO.File.WriteAllText(this[name], text);

    public void Dispose() => Directory.Delete(_path, recursive: true);
}
