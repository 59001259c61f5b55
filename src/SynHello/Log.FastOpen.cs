using System.Net;

using Microsoft.Extensions.Logging;

using SynHello.Sockets;

namespace SynHello;

/// <content>What becomes of Fast Open on a path.</content>
internal static partial class Log
{
    public static void FastOpenFellBack(
        ILogger logger, EndPoint endPoint, FastOpenFallbackReason reason, TimeSpan waited, DateTimeOffset until)
    {
        if (reason is FastOpenFallbackReason.NotAnswered or FastOpenFallbackReason.Refused)
            FastOpenUnanswered(logger, endPoint, reason, waited, until);
        else
            FastOpenKilled(logger, endPoint, reason, waited, until);
    }

    [LoggerMessage(46, LogLevel.Information, "Fast Open to {EndPoint} gave way to a plain connection after {Delay}: {Reason}; left alone until {Until}")]
    private static partial void FastOpenUnanswered(
        ILogger logger, EndPoint endPoint, FastOpenFallbackReason reason, TimeSpan delay, DateTimeOffset until);

    [LoggerMessage(47, LogLevel.Information, "The connection to {EndPoint} with Fast Open was given up {Delay} after the SYN-ACK: {Reason}; left alone until {Until}")]
    private static partial void FastOpenKilled(
        ILogger logger, EndPoint endPoint, FastOpenFallbackReason reason, TimeSpan delay, DateTimeOffset until);
}
