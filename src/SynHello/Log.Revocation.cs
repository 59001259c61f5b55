using Microsoft.Extensions.Logging;

namespace SynHello;

/// <content>What is logged of revocation checks.</content>
internal static partial class Log
{
    [LoggerMessage(79, LogLevel.Information, "A certificate was taken although nobody knows whether it was revoked: {Reason}")]
    public static partial void RevocationUnknown(ILogger logger, string reason);
}
