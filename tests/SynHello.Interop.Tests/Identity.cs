using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using SynHello.Crypto;

namespace SynHello.Interop.Tests;

/// <summary>A server's certificate and key in PEM files, issued by the tests' root.</summary>
public sealed class Identity
{
    public const string Host = "localhost";

    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";

    private static readonly string _directory = Directory.CreateTempSubdirectory("synhello-interop-").FullName;
    private static readonly X509Certificate2 _root = CreateRoot();
    private static readonly Lazy<RSA> _rsa = new(() => RSA.Create(2048));

    private static int _lastFile;

    static Identity()
    {
        File.WriteAllText(RootFile, _root.ExportCertificatePem());
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(_directory, recursive: true);
    }

    private Identity(X509Certificate2 certificate, AsymmetricAlgorithm key)
    {
        string path = Path.Combine(_directory, $"{Interlocked.Increment(ref _lastFile)}");
        CertificateFile = $"{path}.crt";
        KeyFile = $"{path}.key";
        File.WriteAllText(CertificateFile, certificate.ExportCertificatePem());
        File.WriteAllText(KeyFile, key.ExportPkcs8PrivateKeyPem());
        Credential = X509Credential.FromPemFiles(CertificateFile, KeyFile);
    }

    public static string RootFile => Path.Combine(_directory, "root.crt");

    public static X509Certificate2 Root => _root;

    public string CertificateFile { get; }

    public string KeyFile { get; }

    public X509Credential Credential { get; }

    /// <summary>For localhost and an address.</summary>
    public static Identity For(IPAddress address, KeyKind kind = KeyKind.P256) => Issue(kind, names =>
    {
        names.AddDnsName(Host);
        names.AddIpAddress(address);
    });

    /// <summary>For localhost and an address, and for so many names besides that compressing it is worth it.</summary>
    public static Identity ForManyNames(IPAddress address, KeyKind kind = KeyKind.P256) => Issue(kind, names =>
    {
        names.AddDnsName(Host);
        names.AddIpAddress(address);
        for (int i = 0; i < 100; i++)
            names.AddDnsName($"host-{i}.example");
    });

    /// <summary>A client's, whose name is the subject's.</summary>
    public static Identity ForClient(string name, KeyKind kind = KeyKind.P256) =>
        Issue(kind, names => names.AddDnsName(name), subject: name, usage: "1.3.6.1.5.5.7.3.2");

    public static Identity ForOtherHost() => Issue(KeyKind.P256, names => names.AddDnsName("elsewhere.example"));

    public static Identity Expired(IPAddress address) =>
        Issue(KeyKind.P256, names => names.AddIpAddress(address), -30, -2);

    public static Identity SelfSigned(IPAddress address)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = CreateRequest(
            new CertificateRequest("CN=self", key, HashAlgorithmName.SHA256), names => names.AddIpAddress(address));
        using X509Certificate2 certificate = request.CreateSelfSigned(Days(-1), Days(30));
        return new Identity(certificate, key);
    }

    private static Identity Issue(
        KeyKind kind,
        Action<SubjectAlternativeNameBuilder> name,
        int from = -1,
        int until = 30,
        string subject = "server",
        string usage = ServerAuthentication)
    {
        AsymmetricAlgorithm key = kind switch
        {
            KeyKind.P256 => ECDsa.Create(ECCurve.NamedCurves.nistP256),
            KeyKind.P384 => ECDsa.Create(ECCurve.NamedCurves.nistP384),
            _ => _rsa.Value,
        };
        CertificateRequest request = key is ECDsa ecdsa
            ? new CertificateRequest($"CN={subject}", ecdsa, HashAlgorithmName.SHA256)
            : new CertificateRequest($"CN={subject}", (RSA)key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        byte[] serial = RandomNumberGenerator.GetBytes(16);
        serial[0] &= 0x7f;
        var issuer = X509SignatureGenerator.CreateForECDsa(_root.GetECDsaPrivateKey()!);
        using X509Certificate2 certificate =
            CreateRequest(request, name, usage).Create(_root.SubjectName, issuer, Days(from), Days(until), serial);
        return new Identity(certificate, key);
    }

    private static CertificateRequest CreateRequest(
        CertificateRequest request, Action<SubjectAlternativeNameBuilder> name, string usage = ServerAuthentication)
    {
        var names = new SubjectAlternativeNameBuilder();
        name(names);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(usage)], false));
        return request;
    }

    private static X509Certificate2 CreateRoot()
    {
        var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=SynHello interop root", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        return request.CreateSelfSigned(Days(-60), Days(60));
    }

    private static DateTimeOffset Days(int days) => DateTimeOffset.UtcNow.AddDays(days);
}
