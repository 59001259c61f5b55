using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace SynHello.Testing;

/// <summary>A root that issues certificates to clients.</summary>
public sealed class TestClientAuthority : IDisposable
{
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";

    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly X509Certificate2 _rootWithKey;

    /// <summary>Makes one.</summary>
    /// <param name="name">Its common name.</param>
    public TestClientAuthority(string name)
    {
        var request = new CertificateRequest($"CN={name}", _key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, critical: true));
        DateTimeOffset now = DateTimeOffset.UtcNow;
        _rootWithKey = request.CreateSelfSigned(now.AddDays(-365), now.AddDays(365));
        Root = X509CertificateLoader.LoadCertificate(_rootWithKey.RawData);
    }

    /// <summary>What a server has to trust.</summary>
    public X509Certificate2 Root { get; }

    /// <summary>Issues a certificate, ECDSA P-256.</summary>
    /// <param name="name">The subject's common name.</param>
    /// <param name="notAfter">Until when it is valid; tomorrow by default.</param>
    /// <param name="usage">The extended key usage; that of clients by default.</param>
    /// <param name="extensions">All that is in it besides.</param>
    public TestChain Issue(
        string name, DateTimeOffset? notAfter = null, string usage = ClientAuthentication, params X509Extension[] extensions)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(usage)], critical: false));
        foreach (X509Extension extension in extensions)
            request.CertificateExtensions.Add(extension);
        DateTimeOffset now = DateTimeOffset.UtcNow;
        byte[] serial = RandomNumberGenerator.GetBytes(12);
        serial[0] = (byte)((serial[0] & 0x7f) | 1);
        using X509Certificate2 certificate = request.Create(
            _rootWithKey.SubjectName,
            X509SignatureGenerator.CreateForECDsa(_key),
            now.AddDays(-30),
            notAfter ?? now.AddDays(1),
            serial);
        return new TestChain(
            certificate.CopyWithPrivateKey(key),
            [],
            X509CertificateLoader.LoadCertificate(Root.RawData),
            Root.CopyWithPrivateKey(_key));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _rootWithKey.Dispose();
        Root.Dispose();
        _key.Dispose();
    }
}
