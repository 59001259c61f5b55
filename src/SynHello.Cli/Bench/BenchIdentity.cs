using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

using SynHello.Crypto;
using SynHello.Tls;

namespace SynHello.Cli;

/// <summary>One certificate for every contestant, and who trusts it.</summary>
internal sealed class BenchIdentity
{
    private static readonly Lazy<BenchIdentity> LazyEcdsa = new(() => new BenchIdentity(isRsa: false));
    private static readonly Lazy<BenchIdentity> LazyRsa = new(() => new BenchIdentity(isRsa: true));

    private BenchIdentity(bool isRsa)
    {
        Certificate = SelfSignedCertificate.Create(PairContestant.Host, isRsa);
        Credential = X509Credential.FromCertificate(Certificate);
    }

    /// <summary>With a key of ECDSA P-256.</summary>
    public static BenchIdentity Ecdsa => LazyEcdsa.Value;

    /// <summary>With a key of RSA-2048.</summary>
    public static BenchIdentity Rsa => LazyRsa.Value;

    public X509Certificate2 Certificate { get; }

    /// <summary>The same with its key, for this stack.</summary>
    public TlsCredential Credential { get; }

    public X509ChainPolicy CreateChainPolicy()
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
        };
        policy.CustomTrustStore.Add(X509CertificateLoader.LoadCertificate(Certificate.RawData));
        return policy;
    }

    /// <summary>What SslStream serves with.</summary>
    public static SslServerAuthenticationOptions CreateServerOptions(HandshakeKind kind) => new()
    {
        ServerCertificateContext = SslStreamCertificateContext.Create(
            kind.Identity.Certificate, additionalCertificates: null, offline: true),
        EnabledSslProtocols = kind.Protocol,
        AllowTlsResume = kind.IsResumed,
    };

    /// <summary>What SslStream connects with.</summary>
    public static SslClientAuthenticationOptions CreateClientOptions(HandshakeKind kind) => new()
    {
        TargetHost = PairContestant.Host,
        EnabledSslProtocols = kind.Protocol,
        CertificateChainPolicy = kind.Identity.CreateChainPolicy(),
        AllowTlsResume = kind.IsResumed,
    };
}
