using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace SynHello;

/// <summary>
/// Looks certificates up in revocation lists through X509Chain, which fetches, verifies and keeps them. Says nothing of anything but
/// revocation: the chain itself was judged before.
/// </summary>
internal static class CrlCheck
{
    /// <summary>For how long an answer is kept: .NET does not say when a list ends, but does not fetch it anew before.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(5);

    /// <summary>How many certificates are looked up at a time: X509Chain holds a thread for as long as its server takes.</summary>
    private const int MostAtOnce = 4;

    private static readonly SemaphoreSlim s_free = new(MostAtOnce);

    /// <summary>Looks up a certificate, on a thread of its own, once one is free. The caller does not have to wait for the end.</summary>
    /// <inheritdoc cref="Run" path="/param"/>
    public static async Task<RevocationVerdict> RunAsync(X509Certificate2[] chain, TimeSpan timeout, DateTimeOffset now)
    {
        if (!NamesList(chain[0]))
            return RevocationVerdict.Unproven(RevocationProblem.Unavailable, "the certificate names no revocation list");
        if (!await s_free.WaitAsync(timeout).ConfigureAwait(false))
            return RevocationVerdict.Unproven(RevocationProblem.Unavailable, "too many revocation lists are waited for");
        try
        {
            return await Task.Factory.StartNew(
                () => Run(chain, timeout, now), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)
                .ConfigureAwait(false);
        }
        finally
        {
            s_free.Release();
        }
    }

    private static bool NamesList(X509Certificate2 certificate)
    {
        foreach (X509Extension extension in certificate.Extensions)
        {
            if (extension.Oid?.Value == "2.5.29.31") // cRLDistributionPoints (RFC 5280 section 4.2.1.13)
                return true;
        }

        return false;
    }

    /// <summary>Looks up a certificate. Blocks.</summary>
    /// <param name="chain">The certificate, then its issuers in order; the last one counts as the root.</param>
    /// <param name="timeout">How long fetching may take.</param>
    /// <param name="now">The time.</param>
    public static RevocationVerdict Run(ReadOnlySpan<X509Certificate2> chain, TimeSpan timeout, DateTimeOffset now)
    {
        using var builder = new X509Chain();
        builder.ChainPolicy = new X509ChainPolicy
        {
            RevocationMode = X509RevocationMode.Online,
            RevocationFlag = X509RevocationFlag.EndCertificateOnly,
            UrlRetrievalTimeout = timeout,
            DisableCertificateDownloads = true,
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            VerificationTime = now.UtcDateTime,
        };
        builder.ChainPolicy.CustomTrustStore.Add(chain[^1]);
        foreach (X509Certificate2 issuer in chain[1..])
            builder.ChainPolicy.ExtraStore.Add(issuer);
        try
        {
            builder.Build(chain[0]);
            return Read(builder, now);
        }
        catch (CryptographicException exception)
        {
            return RevocationVerdict.Unproven(
                RevocationProblem.Unavailable, $"the revocation list cannot be looked at: {exception.Message.TrimEnd('.')}");
        }
        finally
        {
            foreach (X509ChainElement element in builder.ChainElements)
                element.Certificate.Dispose();
        }
    }

    private static RevocationVerdict Read(X509Chain chain, DateTimeOffset now)
    {
        const X509ChainStatusFlags Unknown =
            X509ChainStatusFlags.RevocationStatusUnknown | X509ChainStatusFlags.OfflineRevocation;

        // .NET looks at no list when the chain does not lead to the root, and then says nothing of it either.
        const X509ChainStatusFlags Unbuilt = X509ChainStatusFlags.PartialChain | X509ChainStatusFlags.UntrustedRoot
            | X509ChainStatusFlags.NotSignatureValid | X509ChainStatusFlags.Cyclic;
        X509ChainStatusFlags flags = X509ChainStatusFlags.NoError;
        foreach (X509ChainStatus status in chain.ChainStatus)
            flags |= status.Status;
        if (flags.HasFlag(X509ChainStatusFlags.Revoked))
            return RevocationVerdict.Revoked(now, now + Lifetime, revokedAt: null, reason: null);
        if ((flags & Unbuilt) != X509ChainStatusFlags.NoError || chain.ChainElements.Count < 2)
            return RevocationVerdict.Unproven(RevocationProblem.Unavailable, "the chain cannot be built again");
        return (flags & Unknown) != X509ChainStatusFlags.NoError
            ? RevocationVerdict.Unproven(RevocationProblem.Unavailable, "the certificate's revocation list cannot be had")
            : RevocationVerdict.Good(now, now + Lifetime);
    }
}
