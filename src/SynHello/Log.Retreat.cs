using System.Net;

using Microsoft.Extensions.Logging;

using SynHello.Sockets;

namespace SynHello;

/// <content>The retreat under load.</content>
internal static partial class Log
{
    [LoggerMessage(
        60,
        LogLevel.Warning,
        "On {EndPoint} {Length} connections may be unproven at a time, and not {Asked}: that is half of what may wait or be pending")]
    public static partial void FastOpenQueueLimited(ILogger logger, EndPoint endPoint, int length, int asked);

    [LoggerMessage(
        61,
        LogLevel.Warning,
        "Fast Open on {EndPoint} steps down to {Mode} from {Before}: {Reason}; {Unproven} connections are unproven, or ended so just now; {Limit} may be")]
    public static partial void SteppedDown(
        ILogger logger, EndPoint endPoint, FastOpenMode mode, FastOpenMode before, FastOpenStepReason reason, int unproven, int limit);

    [LoggerMessage(62, LogLevel.Information, "Fast Open on {EndPoint} steps up to {Mode} from {Before}: the pressure has passed")]
    public static partial void SteppedUp(ILogger logger, EndPoint endPoint, FastOpenMode mode, FastOpenMode before);
}
