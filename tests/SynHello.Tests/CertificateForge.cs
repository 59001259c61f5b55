using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

using CertificateRequest = System.Security.Cryptography.X509Certificates.CertificateRequest;

namespace SynHello.Tests;

/// <summary>Certificates of any name and key, certified by whoever has a key: chains as no authority would make them.</summary>
internal static class CertificateForge
{
    private const string DsaWithSha256 = "2.16.840.1.101.3.4.3.2";

    private static readonly DateTimeOffset _from = DateTimeOffset.UtcNow.AddDays(-1);
    private static int _serial;

    /// <summary>Certifies an end entity's key for example.com.</summary>
    public static X509Certificate2 Leaf(
        AsymmetricAlgorithm key, string issuer, AsymmetricAlgorithm issuerKey, HashAlgorithmName? hash = null, FreeSigner? signer = null) =>
        Certify("CN=leaf", key, issuer, signer ?? SignerOf(issuerKey), hash, CertificateChecks.AlternativeNames([SecurePair.Host]));

    /// <summary>Certifies an authority's key.</summary>
    public static X509Certificate2 Authority(
        string subject,
        AsymmetricAlgorithm key,
        string issuer,
        AsymmetricAlgorithm issuerKey,
        HashAlgorithmName? hash = null,
        FreeSigner? signer = null,
        params X509Extension[] extensions) =>
        Certify(
            subject,
            key,
            issuer,
            signer ?? SignerOf(issuerKey),
            hash,
            [new X509BasicConstraintsExtension(certificateAuthority: true, false, 0, critical: true), .. extensions]);

    /// <summary>Certifies a key. Nothing is in the certificate that is not given.</summary>
    public static X509Certificate2 Certify(
        string subject,
        AsymmetricAlgorithm key,
        string issuer,
        X509SignatureGenerator signer,
        HashAlgorithmName? hash = null,
        params X509Extension[] extensions)
    {
        HashAlgorithmName algorithm = hash ?? HashAlgorithmName.SHA256;
        var request = new CertificateRequest(new X500DistinguishedName(subject), PublicKeyOf(key), algorithm);
        foreach (X509Extension extension in extensions)
            request.CertificateExtensions.Add(extension);
        byte[] serial = BitConverter.GetBytes(Interlocked.Increment(ref _serial));
        return request.Create(new X500DistinguishedName(issuer), signer, _from, _from.AddDays(30), [1, .. serial]);
    }

    public static X509SignatureGenerator SignerOf(AsymmetricAlgorithm key) => key switch
    {
        ECDsa ecdsa => X509SignatureGenerator.CreateForECDsa(ecdsa),
        RSA rsa => X509SignatureGenerator.CreateForRSA(rsa, RSASignaturePadding.Pkcs1),
        DSA => new FreeSigner(key, DsaWithSha256),
        _ => throw new InvalidOperationException("The key is of no known kind."),
    };

    public static PublicKey PublicKeyOf(AsymmetricAlgorithm key) => key switch
    {
        ECDsa ecdsa => new PublicKey(ecdsa),
        RSA rsa => new PublicKey(rsa),
        DSA dsa => PublicKey.CreateFromSubjectPublicKeyInfo(dsa.ExportSubjectPublicKeyInfo(), out _),
        _ => throw new InvalidOperationException("The key is of no known kind."),
    };

    public static ECDsa P256() => ECDsa.Create(ECCurve.NamedCurves.nistP256);
}
