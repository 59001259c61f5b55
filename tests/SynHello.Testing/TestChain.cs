using System.Security.Cryptography.X509Certificates;
using System.Text;

using SynHello.Crypto;

namespace SynHello.Testing;

/// <summary>An end entity's certificate with its key, what certifies it, and the root of both.</summary>
public sealed class TestChain(
    X509Certificate2 leaf,
    X509Certificate2Collection intermediates,
    X509Certificate2 root,
    X509Certificate2? issuer = null) : IDisposable
{
    /// <summary>With its private key.</summary>
    public X509Certificate2 Leaf { get; } = leaf;

    /// <summary>
    /// Between the leaf and the root, the one that certifies the leaf first; empty when the root does.
    /// </summary>
    public X509Certificate2Collection Intermediates { get; } = intermediates;

    /// <summary>What a client has to trust; the leaf itself when it is self-signed.</summary>
    public X509Certificate2 Root { get; } = root;

    /// <summary>Who has certified the leaf, with its private key; not there when the leaf is self-signed.</summary>
    public X509Certificate2 Issuer { get; } = issuer ?? leaf;

    /// <summary>The chain as a server shows it.</summary>
    public X509Credential ToCredential() => X509Credential.FromCertificate(Leaf, Intermediates);

    /// <summary>Leaf and intermediates in PEM.</summary>
    public string ToCertificatePem()
    {
        var pem = new StringBuilder(Leaf.ExportCertificatePem()).Append('\n');
        foreach (X509Certificate2 certificate in Intermediates)
            pem.Append(certificate.ExportCertificatePem()).Append('\n');
        return pem.ToString();
    }

    /// <summary>The leaf's private key in PEM (PKCS #8).</summary>
    public string ToKeyPem() =>
        (Leaf.GetECDsaPrivateKey() as System.Security.Cryptography.AsymmetricAlgorithm ?? Leaf.GetRSAPrivateKey())?
            .ExportPkcs8PrivateKeyPem()
        ?? throw new InvalidOperationException("The leaf has no private key.");

    public void Dispose()
    {
        Leaf.Dispose();
        Root.Dispose();
        Issuer.Dispose();
        foreach (X509Certificate2 certificate in Intermediates)
            certificate.Dispose();
    }
}
