using System.Security.Cryptography.X509Certificates;

using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace SynHello;

/// <summary>How an <see cref="OcspStapler"/> gets its responses. Read when the stapler is made; changes afterwards have no effect on it.</summary>
public sealed class OcspStaplerOptions
{
    /// <summary>
    /// Who is asked about the server's own certificate, http or https; null, the default, means the responders that the certificate
    /// names (RFC 5280 section 4.2.2.1).
    /// </summary>
    public Uri? ResponderUri { get; set; }

    /// <summary>
    /// A file that keeps the last good responses across restarts; null, the default, keeps none. It is made readable and writable by its owner
    /// alone, and replaced as a whole; a file that others can read or write, or that belongs to another user, is not used. It holds the DER of OCSP responses one behind the other, as
    /// <c>openssl ocsp -respout</c> writes one, and each is verified before it is used. One file for each stapler.
    /// </summary>
    public string? FilePath { get; set; }

    /// <summary>
    /// Which certificates of the chain responses are fetched for: the server's own, by default, or also its issuers', where those name a
    /// responder. <see cref="X509RevocationFlag.ExcludeRoot"/> and <see cref="X509RevocationFlag.EntireChain"/> mean the same. Each
    /// response makes the server's flight some 300 to 2,500 bytes longer.
    /// </summary>
    public X509RevocationFlag RevocationFlag { get; set; } = X509RevocationFlag.EndCertificateOnly;

    /// <summary>How long a responder may take to answer; 10 seconds by default. Nobody else waits for it.</summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Who asks; null, the default, means an HTTP client of its own that follows no redirect and keeps no cookie. Stays the caller's.
    /// </summary>
    public HttpMessageInvoker? HttpInvoker { get; set; }

    /// <summary>Where failures are logged; nowhere by default.</summary>
    public ILoggerFactory LoggerFactory { get; set; } = NullLoggerFactory.Instance;

    /// <summary>The clock.</summary>
    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;

    /// <summary>Draws numbers from 0 to 1 that spread the questions of many servers over time.</summary>
    internal Func<double> Jitter { get; set; } = Random.Shared.NextDouble;

    /// <exception cref="ArgumentException">A value is none of those that are allowed.</exception>
    internal static void Validate(OcspStaplerOptions options)
    {
        if (options.Timeout <= TimeSpan.Zero || options.Timeout > OcspStapler.LongestRetry)
            throw new ArgumentException("The timeout is more than zero and at most an hour.", nameof(options));
        if (options.ResponderUri is { } uri && !(uri.IsAbsoluteUri && (uri.Scheme == Uri.UriSchemeHttp || uri.Scheme == Uri.UriSchemeHttps)))
            throw new ArgumentException("The responder's address is neither http nor https.", nameof(options));
    }
}
