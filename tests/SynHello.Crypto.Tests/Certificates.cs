using System.Diagnostics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace SynHello.Crypto.Tests;

/// <summary>Certificates made for a test.</summary>
internal static class Certificates
{
    private static readonly DateTimeOffset s_notBefore = DateTimeOffset.UnixEpoch.AddYears(50);
    private static readonly DateTimeOffset s_notAfter = DateTimeOffset.UnixEpoch.AddYears(100);

    public static X509Certificate2 Ecdsa(ECCurve curve, string name = "CN=ecdsa")
    {
        using var key = ECDsa.Create(curve);
        return SelfSign(new CertificateRequest(name, key, HashAlgorithmName.SHA256));
    }

    public static X509Certificate2 Rsa(int keySize)
    {
        using var key = RSA.Create(keySize);
        return SelfSign(new CertificateRequest("CN=rsa", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));
    }

    /// <summary>A root, an intermediate and an end entity, the latter with its key.</summary>
    public static (X509Certificate2 Leaf, X509Certificate2 Intermediate, X509Certificate2 Root) Chain()
    {
        using var rootKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var intermediateKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var leafKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var root = SelfSign(Authority("CN=root", rootKey));
        var signer = X509SignatureGenerator.CreateForECDsa(rootKey);
        var intermediate = Authority("CN=intermediate", intermediateKey)
            .Create(root.SubjectName, signer, s_notBefore, s_notAfter, [1]);
        using var leaf = new CertificateRequest("CN=leaf", leafKey, HashAlgorithmName.SHA256).Create(
            intermediate.SubjectName,
            X509SignatureGenerator.CreateForECDsa(intermediateKey),
            s_notBefore,
            s_notAfter,
            [2]);
        return (leaf.CopyWithPrivateKey(leafKey), intermediate, root);
    }

    /// <summary>Certifies a key, without the issuer's certificate.</summary>
    public static X509Certificate2 Issue(string name, ECDsa key, string issuer, ECDsa issuerKey, bool withIdentifiers)
    {
        var request = new CertificateRequest(name, key, HashAlgorithmName.SHA256);
        if (withIdentifiers)
        {
            var issuerIdentifier = new X509SubjectKeyIdentifierExtension(new PublicKey(issuerKey), critical: false);
            request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
            request.CertificateExtensions.Add(
                X509AuthorityKeyIdentifierExtension.CreateFromSubjectKeyIdentifier(issuerIdentifier));
        }

        var serial = RandomNumberGenerator.GetBytes(12);
        serial[0] = 1;
        return request.Create(
            new X500DistinguishedName(issuer), X509SignatureGenerator.CreateForECDsa(issuerKey), s_notBefore, s_notAfter, serial);
    }

    /// <summary>Runs the openssl command in a directory; it must succeed.</summary>
    public static void OpenSsl(string directory, params string[] arguments)
    {
        var start = new ProcessStartInfo("openssl", arguments)
        {
            WorkingDirectory = directory,
            UseShellExecute = false,
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        using var process = Process.Start(start)!;
        process.OutputDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        var errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"openssl {string.Join(' ', arguments)}: {errors}");
    }

    private static CertificateRequest Authority(string name, ECDsa key)
    {
        var request = new CertificateRequest(name, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        return request;
    }

    private static X509Certificate2 SelfSign(CertificateRequest request) =>
        request.CreateSelfSigned(s_notBefore, s_notAfter);
}
