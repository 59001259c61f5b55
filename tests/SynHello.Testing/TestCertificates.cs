using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace SynHello.Testing;

/// <summary>
/// Certificates for tests. What <see cref="Shared"/> gives is made once a process and must not be disposed of.
/// </summary>
public static class TestCertificates
{
    private static readonly ConcurrentDictionary<CertificateKind, Lazy<TestChain>> _sharedChains = new();
    private static readonly string[] _names = ["example.com", "localhost", "127.0.0.1", "::1"];
    private static readonly DateTimeOffset _epoch = DateTimeOffset.UtcNow;

    /// <summary>
    /// A valid chain for example.com, localhost, 127.0.0.1 and ::1 with an intermediate; the same one at each
    /// call.
    /// </summary>
    public static TestChain Shared(CertificateKind kind) => _sharedChains
        .GetOrAdd(kind, made => new Lazy<TestChain>(() => Issue(made, _names)))
        .Value;

    /// <summary>A certificate that vouches for itself.</summary>
    /// <param name="kind">The key.</param>
    /// <param name="names">Host names and IP addresses; the first is the subject's common name too.</param>
    public static TestChain SelfSigned(CertificateKind kind, params string[] names)
    {
        using AsymmetricAlgorithm key = CreateKey(kind);
        CertificateRequest request = Request(names.FirstOrDefault("nobody"), key, isAuthority: false, names);
        X509Certificate2 leaf = request.CreateSelfSigned(_epoch.AddDays(-1), _epoch.AddDays(30));
        return new TestChain(leaf, [], X509CertificateLoader.LoadCertificate(leaf.RawData));
    }

    /// <summary>A chain whose leaf has expired.</summary>
    public static TestChain Expired(CertificateKind kind, params string[] names) =>
        Issue(kind, names, notBefore: _epoch.AddDays(-30), notAfter: _epoch.AddDays(-2));

    /// <summary>A leaf certified by a root, through an intermediate unless told otherwise.</summary>
    /// <param name="kind">The leaf's key.</param>
    /// <param name="names">Host names and IP addresses of the leaf.</param>
    /// <param name="withIntermediate">Whether an intermediate stands between leaf and root.</param>
    /// <param name="notBefore">From when the leaf is valid; yesterday by default.</param>
    /// <param name="notAfter">Until when the leaf is valid; 30 days from now by default.</param>
    /// <param name="authorities">The authorities' keys.</param>
    /// <param name="ballast">Makes leaf and intermediate this many bytes longer.</param>
    /// <param name="extensions">More extensions of the leaf.</param>
    public static TestChain Issue(
        CertificateKind kind,
        string[] names,
        bool withIntermediate = true,
        DateTimeOffset? notBefore = null,
        DateTimeOffset? notAfter = null,
        CertificateKind authorities = CertificateKind.EcdsaP256,
        int ballast = 0,
        params X509Extension[] extensions)
    {
        using AsymmetricAlgorithm rootKey = CreateKey(authorities);
        using X509Certificate2 rootWithKey = Request("SynHello test root", rootKey, isAuthority: true, [])
            .CreateSelfSigned(_epoch.AddDays(-365), _epoch.AddDays(365));
        X509Certificate2 root = X509CertificateLoader.LoadCertificate(rootWithKey.RawData);
        (DateTimeOffset, DateTimeOffset) validity = (notBefore ?? _epoch.AddDays(-1), notAfter ?? _epoch.AddDays(30));
        if (!withIntermediate)
        {
            return new TestChain(
                IssueLeaf(kind, names, rootWithKey, rootKey, validity, ballast, extensions), [], root, WithKey(root, rootKey));
        }

        using AsymmetricAlgorithm intermediateKey = CreateKey(authorities);
        X509Certificate2 intermediate = Request("SynHello test intermediate", intermediateKey, isAuthority: true, [], ballast)
            .Create(rootWithKey.SubjectName, SignerOf(rootKey), _epoch.AddDays(-180), _epoch.AddDays(180), Serial());
        return new TestChain(
            IssueLeaf(kind, names, intermediate, intermediateKey, validity, ballast, extensions),
            [intermediate],
            root,
            WithKey(intermediate, intermediateKey));
    }

    /// <summary>Another certificate of a leaf's issuer.</summary>
    /// <param name="issuer">The issuer, with its private key.</param>
    /// <param name="key">The key that it certifies.</param>
    /// <param name="extensions">All that is in it besides.</param>
    /// <param name="notBefore">From when it is valid.</param>
    /// <param name="notAfter">Until when it is valid.</param>
    /// <param name="serial">Its serial number; one of its own by default.</param>
    public static X509Certificate2 IssueFrom(
        X509Certificate2 issuer,
        AsymmetricAlgorithm key,
        X509Extension[] extensions,
        DateTimeOffset notBefore,
        DateTimeOffset notAfter,
        byte[]? serial = null)
    {
        CertificateRequest request = key switch
        {
            ECDsa ecdsa => new CertificateRequest("CN=SynHello test responder", ecdsa, HashAlgorithmName.SHA256),
            RSA rsa => new CertificateRequest(
                "CN=SynHello test responder", rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1),
            _ => throw new InvalidOperationException("The key is of no known kind."),
        };
        foreach (X509Extension extension in extensions)
            request.CertificateExtensions.Add(extension);
        using AsymmetricAlgorithm issuerKey = issuer.GetECDsaPrivateKey() as AsymmetricAlgorithm ?? issuer.GetRSAPrivateKey()
            ?? throw new InvalidOperationException("The issuer has no private key.");
        using X509Certificate2 certificate =
            request.Create(issuer.SubjectName, SignerOf(issuerKey), notBefore, notAfter, serial ?? Serial());
        return WithKey(certificate, key);
    }

    /// <summary>Where one can ask about a certificate.</summary>
    public static X509Extension OcspResponders(params string[] addresses) =>
        new X509AuthorityInformationAccessExtension(addresses, []);

    /// <summary>The TLS Feature extension with status_request (RFC 7633).</summary>
    public static X509Extension MustStaple() => new("1.3.6.1.5.5.7.1.24", [0x30, 3, 2, 1, 5], critical: false);

    private static X509Certificate2 IssueLeaf(
        CertificateKind kind,
        string[] names,
        X509Certificate2 issuer,
        AsymmetricAlgorithm issuerKey,
        (DateTimeOffset From, DateTimeOffset To) validity,
        int ballast,
        X509Extension[] extensions)
    {
        using AsymmetricAlgorithm key = CreateKey(kind);
        CertificateRequest request = Request(names.FirstOrDefault("nobody"), key, isAuthority: false, names, ballast);
        foreach (X509Extension extension in extensions)
            request.CertificateExtensions.Add(extension);
        using X509Certificate2 certificate =
            request.Create(issuer.SubjectName, SignerOf(issuerKey), validity.From, validity.To, Serial());
        return WithKey(certificate, key);
    }

    private static X509Certificate2 WithKey(X509Certificate2 certificate, AsymmetricAlgorithm key) => key switch
    {
        ECDsa ecdsa => certificate.CopyWithPrivateKey(ecdsa),
        RSA rsa => certificate.CopyWithPrivateKey(rsa),
        _ => throw new InvalidOperationException("The key is of no known kind."),
    };

    private static X509SignatureGenerator SignerOf(AsymmetricAlgorithm key) => key switch
    {
        ECDsa ecdsa => X509SignatureGenerator.CreateForECDsa(ecdsa),
        RSA rsa => X509SignatureGenerator.CreateForRSA(rsa, RSASignaturePadding.Pkcs1),
        _ => throw new InvalidOperationException("The key is of no known kind."),
    };

    private static AsymmetricAlgorithm CreateKey(CertificateKind kind) => kind switch
    {
        CertificateKind.EcdsaP256 => ECDsa.Create(ECCurve.NamedCurves.nistP256),
        CertificateKind.EcdsaP384 => ECDsa.Create(ECCurve.NamedCurves.nistP384),
        _ => RSA.Create(2048),
    };

    private static CertificateRequest Request(
        string commonName,
        AsymmetricAlgorithm key,
        bool isAuthority,
        string[] names,
        int ballast = 0)
    {
        string subject = $"CN={commonName}";
        CertificateRequest request = key switch
        {
            ECDsa ecdsa => new CertificateRequest(subject, ecdsa, HashAlgorithmName.SHA256),
            RSA rsa => new CertificateRequest(subject, rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1),
            _ => throw new InvalidOperationException("The key is of no known kind."),
        };
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(isAuthority, false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(
            isAuthority ? X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign
                : X509KeyUsageFlags.DigitalSignature,
            critical: true));
        if (ballast > 0)
        {
            // "Enterprise" space of nobody's: an extension that nobody has to understand.
            request.CertificateExtensions.Add(
                new X509Extension("1.3.6.1.4.1.55555.1", RandomNumberGenerator.GetBytes(ballast), critical: false));
        }

        if (names.Length == 0)
            return request;

        var alternativeNames = new SubjectAlternativeNameBuilder();
        foreach (string name in names)
        {
            if (IPAddress.TryParse(name, out IPAddress? address))
                alternativeNames.AddIpAddress(address);
            else
                alternativeNames.AddDnsName(name);
        }

        request.CertificateExtensions.Add(alternativeNames.Build());
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension(
            [new Oid("1.3.6.1.5.5.7.3.1")], critical: false)); // serverAuth
        return request;
    }

    private static byte[] Serial()
    {
        byte[] serial = RandomNumberGenerator.GetBytes(12);
        serial[0] = (byte)((serial[0] & 0x7f) | 1);
        return serial;
    }
}
