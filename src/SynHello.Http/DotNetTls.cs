using System.Net.Quic;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

using SynHello.Wire;

namespace SynHello.Http;

/// <summary>
/// How .NET's own TLS connects, behind a proxy and for HTTP/3: under the same trust as SynHello's, unless the caller has said himself whom
/// it is to trust there.
/// </summary>
internal static class DotNetTls
{
    /// <summary>What the caller has said, and of certificates what he has said of SynHello's own connections.</summary>
    /// <param name="given">What the caller has said of .NET's TLS. It stays as it is.</param>
    /// <param name="options">What he has said of SynHello's.</param>
    /// <param name="client">A client with these options.</param>
    public static SslClientAuthenticationOptions Derive(
        SslClientAuthenticationOptions given, SecureClientOptions options, SecureClient client)
    {
        if (given.RemoteCertificateValidationCallback is not null || given.CertificateChainPolicy is not null)
            return given;
        X509RevocationMode revocation = given.CertificateRevocationCheckMode;
        var policy = new X509ChainPolicy { RevocationMode = revocation, DisableCertificateDownloads = true };
        if (options.TrustedRoots is { Count: > 0 } roots)
        {
            policy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            policy.CustomTrustStore.AddRange(roots);
        }

        // A credential's key signs for SynHello's engine alone.
        bool lacksIdentity = (options.Credentials.Count > 0 || options.CredentialCallback is not null)
            && given is { ClientCertificates: null or { Count: 0 }, ClientCertificateContext: null, LocalCertificateSelectionCallback: null };
        var derived = new SslClientAuthenticationOptions
        {
            AllowRenegotiation = given.AllowRenegotiation,
            AllowTlsResume = given.AllowTlsResume && options.AllowResumption,
            CertificateChainPolicy = policy,
            CipherSuitesPolicy = given.CipherSuitesPolicy,
            ClientCertificateContext = given.ClientCertificateContext,
            ClientCertificates = given.ClientCertificates,
            EnabledSslProtocols = given.EnabledSslProtocols == SslProtocols.None ? options.EnabledSslProtocols : given.EnabledSslProtocols,
            EncryptionPolicy = given.EncryptionPolicy,
            LocalCertificateSelectionCallback = given.LocalCertificateSelectionCallback,
            RemoteCertificateValidationCallback = (sender, certificate, chain, _) =>
            {
                if (lacksIdentity)
                {
                    throw new AuthenticationException(
                        "SecureOptions' certificates of the client cannot be shown through a proxy or over HTTP/3: set SslOptions.");
                }

                return IsTrusted(client, sender, certificate, chain, revocation);
            },
        };
        if (OperatingSystem.IsLinux() || OperatingSystem.IsWindows())
            (derived.AllowRsaPkcs1Padding, derived.AllowRsaPssPadding) = (given.AllowRsaPkcs1Padding, given.AllowRsaPssPadding);
        return derived;
    }

    /// <exception cref="AuthenticationException">It is not trusted; the inner exception says why.</exception>
    private static bool IsTrusted(
        SecureClient client, object sender, X509Certificate? certificate, X509Chain? chain, X509RevocationMode revocation)
    {
        if (certificate is null || chain is null || HostOf(sender) is not { Length: > 0 } host)
            return false;
        const X509ChainStatusFlags Revoked =
            X509ChainStatusFlags.Revoked | X509ChainStatusFlags.RevocationStatusUnknown | X509ChainStatusFlags.OfflineRevocation;
        if (revocation != X509RevocationMode.NoCheck && chain.ChainStatus.Any(status => (status.Status & Revoked) != X509ChainStatusFlags.NoError))
            return false;
        ReadOnlyMemory<byte> own = certificate.GetRawCertData();
        ReadOnlyMemory<byte>[] shown =
        [
            own, .. chain.ChainPolicy.ExtraStore.Select(other => other.RawDataMemory).Where(other => !other.Span.SequenceEqual(own.Span)),
        ];

        // Blocks only where a responder or a list is to be asked, and no longer than that may take. OCSP responses that came along are
        // not handed on by .NET: a certificate that demands one is refused.
        (TlsProtocolException? refusal, _) = client.Verification
            .CheckAsync(client, shown, ocspResponses: [], host, CancellationToken.None).AsTask().GetAwaiter().GetResult();
        return refusal is null ? true : throw new AuthenticationException(refusal.Message, refusal);
    }

    private static string? HostOf(object sender)
    {
        if (sender is SslStream stream)
            return stream.TargetHostName;
        return (OperatingSystem.IsLinux() || OperatingSystem.IsMacOS() || OperatingSystem.IsWindows()) && sender is QuicConnection connection
            ? connection.TargetHostName
            : null;
    }
}
