using Microsoft.Extensions.Logging;

namespace SynHello;

/// <content>Certificates: what becomes of their files, and what is wrong with their chains.</content>
internal static partial class Log
{
    [LoggerMessage(80, LogLevel.Information, "The certificate of {Subject}, valid until {NotAfter:u}, was loaded anew from {Path}")]
    public static partial void CertificateReloaded(ILogger logger, string subject, string path, DateTimeOffset notAfter);

    [LoggerMessage(81, LogLevel.Warning, "What is new in {Path} cannot be used, and the certificate from before is shown on: {Reason}")]
    public static partial void CertificateKept(ILogger logger, string path, string reason);

    [LoggerMessage(82, LogLevel.Error, "Looking for new certificates failed; the ones from before are shown on")]
    public static partial void CertificateLookFailed(ILogger logger, Exception exception);

    [LoggerMessage(83, LogLevel.Error, "The certificate from {Path} is shown, but what was to follow its replacement failed")]
    public static partial void CertificateReplacementFailed(ILogger logger, string path, Exception exception);

    [LoggerMessage(
        90,
        LogLevel.Warning,
        "The flight with the certificate chain of {Subject} has some {FlightBytes} bytes, compressed {CompressedBytes}, and a server may "
        + "send {WindowBytes} at once: full handshakes with clients that cannot decompress it, or with all, cost another round trip")]
    public static partial void ChainAboveInitialWindow(
        ILogger logger, string subject, int flightBytes, int compressedBytes, int windowBytes);

    [LoggerMessage(91, LogLevel.Warning, "The certificate chain of {Subject} holds a root: {Problem}")]
    public static partial void ChainHasRoot(ILogger logger, string subject, string problem);

    [LoggerMessage(92, LogLevel.Warning, "The certificate chain of {Subject} may lack an intermediate: {Problem}")]
    public static partial void ChainLacksIntermediate(ILogger logger, string subject, string problem);

    [LoggerMessage(93, LogLevel.Warning, "The certificate chain of {Subject} is in the wrong order: {Problem}")]
    public static partial void ChainOutOfOrder(ILogger logger, string subject, string problem);

    [LoggerMessage(94, LogLevel.Warning, "The certificate chain of {Subject} holds a certificate that does not belong to it: {Problem}")]
    public static partial void ChainHasStranger(ILogger logger, string subject, string problem);

    [LoggerMessage(95, LogLevel.Warning, "The certificate chain of {Subject} cannot be relied on: {Problem}")]
    public static partial void ChainUnusable(ILogger logger, string subject, string problem);

    [LoggerMessage(
        96,
        LogLevel.Warning,
        "{Subject} is among the roots that clients' certificates are to come from, and is no root: it does not vouch for itself, so no "
        + "certificate is trusted on its account")]
    public static partial void ClientRootIsNone(ILogger logger, string subject);
}
