using System.Security.Cryptography.X509Certificates;

namespace SynHello;

/// <summary>How a client finds out whether a server's certificates were revoked, and what it does when it cannot.</summary>
public sealed class RevocationOptions
{
    /// <summary>How; <see cref="RevocationMode.Staple"/> by default, which costs no round trip and fetches nothing.</summary>
    public RevocationMode Mode { get; set; } = RevocationMode.Staple;

    /// <summary>
    /// What becomes of a certificate when <see cref="RevocationMode.Online"/> or <see cref="RevocationMode.Crl"/> leads to nothing: the
    /// responder is down, slow, does not know the certificate, or says nothing that can be verified. <see
    /// cref="RevocationFailureMode.SoftFail"/> by default. A response that came with the certificate and does not prove it good is
    /// refused either way, unless the responder says better.
    /// </summary>
    public RevocationFailureMode FailureMode { get; set; } = RevocationFailureMode.SoftFail;

    /// <summary>
    /// Which certificates of the chain are looked up online: the server's own, by default, or its issuers' too, which
    /// <see cref="X509RevocationFlag.ExcludeRoot"/> and <see cref="X509RevocationFlag.EntireChain"/> mean alike, because nobody
    /// vouches for a root. Many issuers' certificates name a list but no responder: with <see cref="RevocationMode.Online"/> and
    /// <see cref="RevocationFailureMode.HardFail"/> such chains are refused.
    /// </summary>
    public X509RevocationFlag RevocationFlag { get; set; } = X509RevocationFlag.EndCertificateOnly;

    /// <summary>
    /// How long a handshake waits for an online check, all of its certificates together; 3 seconds by default, more than zero and at most
    /// a minute. Running out of it counts as a failure.
    /// </summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(3);

    /// <summary>
    /// Who asks OCSP responders; null, the default, means an HTTP client of its own that follows no redirect and keeps no cookie. Stays
    /// the caller's. Not used for revocation lists, which .NET fetches itself.
    /// </summary>
    public HttpMessageInvoker? HttpInvoker { get; set; }

    /// <exception cref="ArgumentException">A value is none of those that are allowed.</exception>
    internal static void Validate(RevocationOptions options)
    {
        if (!Enum.IsDefined(options.Mode))
            throw new ArgumentException($"There is no revocation mode {options.Mode}.", nameof(options));
        if (!Enum.IsDefined(options.FailureMode))
            throw new ArgumentException($"There is no failure mode {options.FailureMode}.", nameof(options));
        if (!Enum.IsDefined(options.RevocationFlag))
            throw new ArgumentException($"There is no revocation flag {options.RevocationFlag}.", nameof(options));
        if (options.Timeout <= TimeSpan.Zero || options.Timeout > TimeSpan.FromMinutes(1))
        {
            throw new ArgumentException(
                $"The timeout of a revocation check is more than zero and at most a minute, not {options.Timeout}.", nameof(options));
        }
    }
}
