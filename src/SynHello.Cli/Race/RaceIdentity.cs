using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace SynHello.Cli.Race;

/// <summary>
/// The server's identity and the client's trust in it, the same for every contestant: a certificate, and a policy that
/// trusts its root, checks no revocation and fetches nothing. Both stacks hand that policy to X509Chain and match the
/// host name; neither skips a check.
/// </summary>
internal sealed class RaceIdentity : IDisposable
{
    private RaceIdentity(X509Certificate2 certificate, X509Certificate2Collection intermediates, X509Certificate2 root)
    {
        Certificate = certificate;
        Intermediates = intermediates;
        ServerContext = SslStreamCertificateContext.Create(certificate, intermediates, offline: true);
        Policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
        };
        Policy.CustomTrustStore.Add(root);
    }

    public X509Certificate2 Certificate { get; }

    public X509Certificate2Collection Intermediates { get; }

    public SslStreamCertificateContext ServerContext { get; }

    public X509ChainPolicy Policy { get; }

    /// <summary>How many bytes of certificates the servers show.</summary>
    public int ChainLength => Certificate.RawData.Length + Intermediates.Sum(certificate => certificate.RawData.Length);

    public static RaceIdentity Create(RaceCertificate kind)
    {
        if (kind == RaceCertificate.SelfSigned)
        {
            X509Certificate2 certificate = SelfSignedCertificate.Create(RaceExchange.Host);
            return new RaceIdentity(certificate, [], certificate);
        }

        var issued = IssuedCertificate.Create(RaceExchange.Host, isRsa: kind == RaceCertificate.Rsa);
        return new RaceIdentity(issued.Leaf, [issued.Intermediate], issued.Root);
    }

    public void Dispose()
    {
        Certificate.Dispose();
        foreach (X509Certificate2 certificate in Intermediates)
            certificate.Dispose();
        foreach (X509Certificate2 certificate in Policy.CustomTrustStore)
            certificate.Dispose();
    }
}
