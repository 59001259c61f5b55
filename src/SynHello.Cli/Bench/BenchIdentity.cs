using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

using SynHello.Crypto;
using SynHello.Tls;

namespace SynHello.Cli;

/// <summary>One ECDSA P-256 certificate for every contestant, and who trusts it.</summary>
internal static class BenchIdentity
{
    public static X509Certificate2 Certificate { get; } = SelfSignedCertificate.Create(PairContestant.Host);

    /// <summary>The same with its key, for this stack.</summary>
    public static TlsCredential Credential { get; } = X509Credential.FromCertificate(Certificate);

    public static X509ChainPolicy CreateChainPolicy()
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
    public static SslServerAuthenticationOptions CreateServerOptions(bool resumes, SslProtocols protocol = SslProtocols.Tls13) => new()
    {
        ServerCertificateContext = SslStreamCertificateContext.Create(
            Certificate, additionalCertificates: null, offline: true),
        EnabledSslProtocols = protocol,
        AllowTlsResume = resumes,
    };

    /// <summary>What SslStream connects with.</summary>
    public static SslClientAuthenticationOptions CreateClientOptions(bool resumes, SslProtocols protocol = SslProtocols.Tls13) => new()
    {
        TargetHost = PairContestant.Host,
        EnabledSslProtocols = protocol,
        CertificateChainPolicy = CreateChainPolicy(),
        AllowTlsResume = resumes,
    };
}
