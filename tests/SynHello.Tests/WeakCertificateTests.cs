using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

using SynHello.Crypto;
using SynHello.Tls;
using SynHello.Wire;

namespace SynHello.Tests;

/// <summary>Keys and signatures that X509Chain takes and nobody should (RFC 8446 section 4.4.2.4).</summary>
public sealed class WeakCertificateTests : IDisposable
{
    private const string RootName = "CN=root", IntermediateName = "CN=intermediate";
    private const string RsaSha1 = "1.2.840.113549.1.1.5", RsaMd5 = "1.2.840.113549.1.1.4", Pss = "1.2.840.113549.1.1.10";
    private const string EcdsaSha1 = "1.2.840.10045.4.1", EcdsaSha256 = "1.2.840.10045.4.3.2";

    private readonly Dictionary<string, AsymmetricAlgorithm> _keys = [];
    private readonly List<X509Certificate2> _certificates = [];

    public void Dispose()
    {
        foreach (AsymmetricAlgorithm key in _keys.Values)
            key.Dispose();
        foreach (X509Certificate2 certificate in _certificates)
            certificate.Dispose();
    }

    [Theory]
    [InlineData("RSA-2048", "RSA-2048", "RSA-2048")]
    [InlineData("P-256", "P-384", "P-521")]
    [InlineData("P-256", "P-224", "RSA-1024")] // the root is trusted for being known
    [InlineData("RSA-2040", "P-256", "P-256", "The key of the server's certificate is too weak: RSA with 2040 bits, and 2048 are the least.")]
    [InlineData("RSA-1024", "P-256", "P-256", "The key of the server's certificate is too weak: RSA with 1024 bits, and 2048 are the least.")]
    [InlineData("P-256", "RSA-1024", "P-256", "The key of an authority of the server's chain is too weak: RSA with 1024 bits, and 2048 are the least.")]
    [InlineData("P-256", "P-192", "P-256", "The key of an authority of the server's chain is too weak: a curve of 192 bits, and 224 are the least.")]
    [InlineData("P-256", "DSA", "P-256", "The key of an authority of the server's chain is too weak: DSA.")]
    public void WeakKey_IsRefusedBelowTheRoot(string leaf, string intermediate, string root, string? message = null)
    {
        ReadOnlyMemory<byte>[] chain = Chain(Key(leaf), Key(intermediate), Key(root), out X509Certificate2 anchor);
        AssertRefused(message, chain, anchor);
    }

    [Theory]
    [InlineData("leaf", RsaSha1, "RSA-2048", "SHA1", "The signature on the server's certificate is too weak: SHA-1.")]
    [InlineData("leaf", RsaMd5, "RSA-2048", "MD5", "The signature on the server's certificate is too weak: MD5.")]
    [InlineData("leaf", EcdsaSha1, "P-256", "SHA1", "The signature on the server's certificate is too weak: SHA-1.")]
    [InlineData("intermediate", RsaSha1, "RSA-2048", "SHA1", "The signature on an authority of the server's chain is too weak: SHA-1.")]
    [InlineData("intermediate", RsaMd5, "RSA-2048", "MD5", "The signature on an authority of the server's chain is too weak: MD5.")]
    [InlineData("intermediate", EcdsaSha1, "P-256", "SHA1", "The signature on an authority of the server's chain is too weak: SHA-1.")]
    [InlineData("intermediate", Pss, "RSA-2048", "SHA1", "The signature on an authority of the server's chain is too weak: SHA-1.")]
    [InlineData("root", RsaSha1, "RSA-2048", "SHA1", null)] // says nothing: it is trusted for being known
    [InlineData("root", RsaMd5, "RSA-2048", "MD5", null)]
    [InlineData("leaf", EcdsaSha256, "P-256", "SHA256", null)]
    public void WeakSignature_IsRefusedBelowTheRoot(string whose, string algorithm, string signs, string hash, string? message)
    {
        AsymmetricAlgorithm key = Key(signs);
        RSASignaturePadding? padding = algorithm == Pss ? RSASignaturePadding.Pss : null;
        var signer = new FreeSigner(key, algorithm, padding);
        var name = new HashAlgorithmName(hash);
        AsymmetricAlgorithm intermediateKey = whose == "leaf" ? key : Key("P-256"), rootKey = whose == "leaf" ? Key("P-256") : key;
        X509Certificate2 root = whose == "root"
            ? CertificateForge.Authority(RootName, key, RootName, key, name, signer)
            : CertificateForge.Authority(RootName, rootKey, RootName, rootKey);
        X509Certificate2 intermediate = whose == "intermediate"
            ? CertificateForge.Authority(IntermediateName, intermediateKey, RootName, rootKey, name, signer)
            : CertificateForge.Authority(IntermediateName, intermediateKey, RootName, rootKey);
        X509Certificate2 leaf = whose == "leaf"
            ? CertificateForge.Leaf(Key("P-256"), IntermediateName, key, name, signer)
            : CertificateForge.Leaf(Key("P-256"), IntermediateName, intermediateKey);
        _certificates.AddRange([root, intermediate, leaf]);
        AssertRefused(message, [leaf.RawData, intermediate.RawData], root);
    }

    /// <summary>A certificate that is its own root is trusted for being known, but its key has to hold what it signs.</summary>
    [Theory]
    [InlineData("RSA-2048", RsaSha1, "SHA1", null)]
    [InlineData("RSA-1024", "1.2.840.113549.1.1.11", "SHA256", "The key of the server's certificate is too weak: RSA with 1024 bits, and 2048 are the least.")]
    public void SelfSignedCertificate_NeedsAStrongKeyAlone(string kind, string algorithm, string hash, string? message)
    {
        AsymmetricAlgorithm key = Key(kind);
        var signer = new FreeSigner(key, algorithm);
        X509Certificate2 leaf = CertificateForge.Leaf(key, "CN=leaf", key, new HashAlgorithmName(hash), signer);
        _certificates.Add(leaf);
        AssertRefused(message, [leaf.RawData], leaf);
    }

    [Fact]
    public void WeakCertificate_OfAnUnknownRoot_IsOfAnUnknownRoot()
    {
        ReadOnlyMemory<byte>[] chain = Chain(Key("RSA-1024"), Key("P-256"), Key("P-256"), out _);
        TlsProtocolException refusal = CertificateChecks.Refused(CertificateChecks.Verification().Check(this, chain, SecurePair.Host, out _));
        Assert.Equal(TlsErrorCause.UnknownCertificateAuthority, refusal.Cause);
    }

    [Fact]
    public void Callback_IsToldAndDecides()
    {
        ReadOnlyMemory<byte>[] chain = Chain(Key("RSA-1024"), Key("P-256"), Key("P-256"), out X509Certificate2 root);
        var seen = SslPolicyErrors.None;
        CertificateVerification verification = CertificateChecks.Verification(options =>
        {
            options.TrustedRoots = [root];
            options.RemoteCertificateValidationCallback = (_, _, _, errors) => (seen = errors) != SslPolicyErrors.None;
        });
        Assert.Null(verification.Check(this, chain, SecurePair.Host, out _));
        Assert.Equal(SslPolicyErrors.RemoteCertificateChainErrors, seen);
    }

    [Fact]
    public async Task WeakCertificate_FailsOnBothEndsWithTheCause()
    {
        Chain(Key("RSA-1024"), Key("P-256"), Key("P-256"), out X509Certificate2 root);
        X509Certificate2 intermediate = _certificates[1], leaf = _certificates[2];
        using X509Certificate2 withKey = leaf.CopyWithPrivateKey((RSA)Key("RSA-1024"));
        using var log = new CollectingLogger();
        using X509Credential credential = X509Credential.FromCertificate(withKey, [intermediate]);
        await using SecureListener listener = SecurePair.Listen(options =>
        {
            options.Credentials = [credential];
            options.LoggerFactory = log;
        });
        SecureClient client = SecurePair.MakeClient(options => options.TrustedRoots = [root]);

        var failure = await Assert.ThrowsAsync<AuthenticationException>(() =>
            client.ConnectAsync(listener.LocalEndPoint, SecurePair.Host, TestContext.Current.CancellationToken).Guarded());

        Assert.Equal(TlsErrorCause.WeakCertificate, Assert.IsType<TlsProtocolException>(failure.InnerException).Cause);
        Assert.Contains("RSA with 1024 bits", failure.Message, StringComparison.Ordinal);
        Assert.Contains("bad_certificate", (await log.NextAsync(4)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WeakCertificate_OfAClient_IsRefusedToo()
    {
        using var log = new CollectingLogger();
        using RSA key = RSA.Create(1024);
        using var authority = CertificateForge.P256();
        using X509Certificate2 root = CertificateForge.Authority(RootName, authority, RootName, authority);
        using X509Certificate2 certificate = CertificateForge.Leaf(key, RootName, authority);
        using X509Certificate2 withKey = certificate.CopyWithPrivateKey(key);
        await using SecureListener listener = SecurePair.Listen(options =>
        {
            options.ClientCertificateMode = TlsClientCertificateMode.Required;
            options.TrustedClientRoots = [root];
            options.LoggerFactory = log;
        });
        SecureClient client = SecurePair.MakeClient(options => options.Credentials = [X509Credential.FromCertificate(withKey)]);

        await using SecureStream stream = await client
            .ConnectAsync(listener.LocalEndPoint, SecurePair.Host, TestContext.Current.CancellationToken).Guarded();
        await stream.FlushAsync(TestContext.Current.CancellationToken);
        var failure = await Assert.ThrowsAsync<IOException>(
            () => stream.ReadAsync(new byte[1], TestContext.Current.CancellationToken).Guarded());

        Assert.Equal(AlertDescription.BadCertificate, Assert.IsType<TlsProtocolException>(failure.InnerException).PeerAlert);
        Assert.Contains(
            "WeakCertificate: The key of the client's certificate is too weak", (await log.NextAsync(4)).Message, StringComparison.Ordinal);
    }

    private static void AssertRefused(string? message, ReadOnlyMemory<byte>[] chain, X509Certificate2 root)
    {
        TlsProtocolException? refusal = CertificateChecks.Verification(options => options.TrustedRoots = [root])
            .Check(new object(), chain, SecurePair.Host, out _);
        Assert.Equal(message, refusal?.Message);
        Assert.Equal(message is null ? null : TlsErrorCause.WeakCertificate, refusal?.Cause);
        Assert.Equal(message is null ? null : AlertDescription.BadCertificate, refusal?.Alert);
    }

    /// <summary>Root, intermediate and leaf are kept, in this order.</summary>
    private ReadOnlyMemory<byte>[] Chain(
        AsymmetricAlgorithm leafKey, AsymmetricAlgorithm intermediateKey, AsymmetricAlgorithm rootKey, out X509Certificate2 root)
    {
        root = CertificateForge.Authority(RootName, rootKey, RootName, rootKey);
        X509Certificate2 intermediate = CertificateForge.Authority(IntermediateName, intermediateKey, RootName, rootKey);
        X509Certificate2 leaf = CertificateForge.Leaf(leafKey, IntermediateName, intermediateKey);
        _certificates.AddRange([root, intermediate, leaf]);
        return [leaf.RawData, intermediate.RawData];
    }

    private AsymmetricAlgorithm Key(string kind)
    {
        if (_keys.TryGetValue(kind, out AsymmetricAlgorithm? key))
            return key;
        key = kind switch
        {
            "DSA" => DSA.Create(1024),
            "P-192" => ECDsa.Create(ECCurve.CreateFromValue("1.2.840.10045.3.1.1")),
            "P-224" => ECDsa.Create(ECCurve.CreateFromValue("1.3.132.0.33")),
            "P-256" => ECDsa.Create(ECCurve.NamedCurves.nistP256),
            "P-384" => ECDsa.Create(ECCurve.NamedCurves.nistP384),
            "P-521" => ECDsa.Create(ECCurve.NamedCurves.nistP521),
            _ => RSA.Create(int.Parse(kind[4..], System.Globalization.CultureInfo.InvariantCulture)),
        };
        _keys.Add(kind, key);
        return key;
    }
}
