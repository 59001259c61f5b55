using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace SynHello.Cli.Race;

/// <summary>
/// The server's identity and the client's trust in it, the same for every contestant: one self-signed P-256
/// certificate, and a policy that trusts it as a root, checks no revocation and fetches nothing. Both stacks hand that
/// policy to X509Chain and match the host name; neither skips a check.
/// </summary>
internal sealed class RaceIdentity : IDisposable
{
    private RaceIdentity(X509Certificate2 certificate)
    {
        Certificate = certificate;
        ServerContext = SslStreamCertificateContext.Create(certificate, additionalCertificates: null, offline: true);
        Policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
        };
        Policy.CustomTrustStore.Add(certificate);
    }

    public X509Certificate2 Certificate { get; }

    public SslStreamCertificateContext ServerContext { get; }

    public X509ChainPolicy Policy { get; }

    public static RaceIdentity Create() => new(SelfSignedCertificate.Create(RaceExchange.Host));

    public void Dispose() => Certificate.Dispose();
}
