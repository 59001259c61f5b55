using System.Net;

using Microsoft.Extensions.Logging;

namespace SynHello;

/// <content>What is logged of early data.</content>
internal static partial class Log
{
    [LoggerMessage(30, LogLevel.Warning, "The replay register failed: early data of {EndPoint} is not taken")]
    public static partial void ReplayRegisterFailed(ILogger logger, EndPoint? endPoint, Exception exception);
}
