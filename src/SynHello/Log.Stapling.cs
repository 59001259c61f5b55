using Microsoft.Extensions.Logging;

namespace SynHello;

/// <content>What is logged of fetching OCSP responses for a server's own certificates.</content>
internal static partial class Log
{
    [LoggerMessage(70, LogLevel.Information, "The OCSP response for {Subject} is good until {Until}; the next one is asked for in {Delay}")]
    public static partial void StapleFetched(ILogger logger, string subject, DateTimeOffset until, TimeSpan delay);

    [LoggerMessage(71, LogLevel.Warning, "No OCSP response for {Subject} could be fetched: {Reason}; tried again in {Delay}")]
    public static partial void StapleFetchFailed(ILogger logger, string subject, string reason, TimeSpan delay);

    [LoggerMessage(72, LogLevel.Error, "The certificate of {Subject} is of no use any more: {Reason}. No OCSP response is shown for it")]
    public static partial void StapledCertificateRevoked(ILogger logger, string subject, string reason);

    [LoggerMessage(73, LogLevel.Warning, "The last OCSP response for {Subject} has expired on {Until}, and none is shown until there is a new one")]
    public static partial void StapleExpired(ILogger logger, string subject, DateTimeOffset until);

    [LoggerMessage(74, LogLevel.Warning, "The file of OCSP responses {Path} is not used: {Reason}")]
    public static partial void StapleFileRefused(ILogger logger, string path, string reason);

    [LoggerMessage(75, LogLevel.Warning, "The OCSP responses could not be kept in {Path}: {Reason}")]
    public static partial void StapleFileFailed(ILogger logger, string path, string reason);

    [LoggerMessage(76, LogLevel.Error, "Fetching OCSP responses for {Subject} failed on this side; tried again in {Delay}")]
    public static partial void StaplingCrashed(ILogger logger, string subject, TimeSpan delay, Exception exception);

    [LoggerMessage(77, LogLevel.Warning, "The certificate of {Subject} is shown without an OCSP response: {Reason}")]
    public static partial void StaplingImpossible(ILogger logger, string subject, string reason);

    [LoggerMessage(78, LogLevel.Information, "The certificate that was loaded from {Path} demands an OCSP response and waits for it; the one before is shown on")]
    public static partial void CertificateAwaitsResponse(ILogger logger, string path);
}
