using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace SynHello.Cli.Race;

/// <summary>
/// A certificate that an intermediate has issued, with what a public authority puts into both, so that it weighs as
/// much.
/// </summary>
/// <param name="Leaf">The server's, with its key.</param>
/// <param name="Intermediate">Its issuer's.</param>
/// <param name="Root">What the client trusts.</param>
internal sealed record IssuedCertificate(X509Certificate2 Leaf, X509Certificate2 Intermediate, X509Certificate2 Root)
{
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";
    private const string DomainValidated = "2.23.140.1.2.1";
    private const string CertificatePolicies = "2.5.29.32";
    private const string SignedCertificateTimestamps = "1.3.6.1.4.1.11129.2.4.2";
    private const int TimestampsLength = 242; // two logs' (RFC 6962), each with a signature
    private const int RsaBits = 2048;

    /// <summary>Makes one, valid for a day.</summary>
    /// <param name="host">The host name that it is for.</param>
    /// <param name="isRsa">Whether all keys are RSA's of 2048 bits; ECDSA's P-256 otherwise.</param>
    public static IssuedCertificate Create(string host, bool isRsa)
    {
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        (DateTimeOffset from, DateTimeOffset to) = (now.AddDays(-1), now.AddDays(1));
        using AsymmetricAlgorithm rootKey = CreateKey(isRsa), issuerKey = CreateKey(isRsa), key = CreateKey(isRsa);

        CertificateRequest rootRequest = Request("CN=SynHello Race Root,O=SynHello,C=AQ", rootKey, isAuthority: true);
        var root = rootRequest.Create(rootRequest.SubjectName, SignerOf(rootKey), from, to, Serial());

        CertificateRequest issuerRequest = Request("CN=R1,O=SynHello Race,C=AQ", issuerKey, isAuthority: true);
        AddIssuer(issuerRequest, root);
        X509Certificate2 intermediate =
            issuerRequest.Create(rootRequest.SubjectName, SignerOf(rootKey), from, to, Serial());

        CertificateRequest request = Request($"CN={host}", key, isAuthority: false);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(host);
        request.CertificateExtensions.Add(names.Build());
        AddIssuer(request, intermediate);
        request.CertificateExtensions.Add(new X509Extension(
            SignedCertificateTimestamps, RandomNumberGenerator.GetBytes(TimestampsLength), critical: false));
        using X509Certificate2 certificate =
            request.Create(issuerRequest.SubjectName, SignerOf(issuerKey), from, to, Serial());
        X509Certificate2 leaf = key switch
        {
            RSA rsa => certificate.CopyWithPrivateKey(rsa),
            _ => certificate.CopyWithPrivateKey((ECDsa)key),
        };
        return new IssuedCertificate(leaf, intermediate, root);
    }

    private static AsymmetricAlgorithm CreateKey(bool isRsa) =>
        isRsa ? RSA.Create(RsaBits) : ECDsa.Create(ECCurve.NamedCurves.nistP256);

    private static X509SignatureGenerator SignerOf(AsymmetricAlgorithm key) => key switch
    {
        RSA rsa => X509SignatureGenerator.CreateForRSA(rsa, RSASignaturePadding.Pkcs1),
        _ => X509SignatureGenerator.CreateForECDsa((ECDsa)key),
    };

    private static CertificateRequest Request(string subject, AsymmetricAlgorithm key, bool isAuthority)
    {
        CertificateRequest request = key switch
        {
            RSA rsa => new CertificateRequest(subject, rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1),
            _ => new CertificateRequest(subject, (ECDsa)key, HashAlgorithmName.SHA256),
        };
        X509KeyUsageFlags usage = isAuthority
            ? X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign
            : X509KeyUsageFlags.DigitalSignature;
        request.CertificateExtensions.Add(new X509KeyUsageExtension(usage, critical: true));
        request.CertificateExtensions.Add(
            new X509EnhancedKeyUsageExtension([new Oid(ServerAuthentication)], critical: false));
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(isAuthority, false, 0, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        return request;
    }

    private static void AddIssuer(CertificateRequest request, X509Certificate2 issuer)
    {
        request.CertificateExtensions.Add(
            X509AuthorityKeyIdentifierExtension.CreateFromCertificate(issuer, true, includeIssuerAndSerial: false));
        request.CertificateExtensions.Add(new X509AuthorityInformationAccessExtension(
            ["http://ocsp.example.com"], ["http://issuer.example.com/issuer.crt"]));
        request.CertificateExtensions.Add(
            CertificateRevocationListBuilder.BuildCrlDistributionPointExtension(["http://crl.example.com/1.crl"]));
        var policies = new System.Formats.Asn1.AsnWriter(System.Formats.Asn1.AsnEncodingRules.DER);
        using (policies.PushSequence())
        using (policies.PushSequence())
            policies.WriteObjectIdentifier(DomainValidated);
        request.CertificateExtensions.Add(new X509Extension(CertificatePolicies, policies.Encode(), critical: false));
    }

    private static byte[] Serial()
    {
        byte[] serial = RandomNumberGenerator.GetBytes(18);
        serial[0] = (byte)((serial[0] & 0x7f) | 1);
        return serial;
    }
}
