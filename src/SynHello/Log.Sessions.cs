using System.Net;

using Microsoft.Extensions.Logging;

using SynHello.Tls;

namespace SynHello;

/// <content>Sessions and what is kept of them.</content>
internal static partial class Log
{
    [LoggerMessage(40, LogLevel.Warning, "The session file {Path} is {Problem}: it counts as empty")]
    public static partial void SessionFileUnreadable(ILogger logger, string path, string problem);

    [LoggerMessage(41, LogLevel.Warning, "The session file {Path} is not used: {Reason}")]
    public static partial void SessionFileRefused(ILogger logger, string path, string reason);

    [LoggerMessage(42, LogLevel.Warning, "The session file {Path} is locked by somebody else, and not used for now: {Message}")]
    public static partial void SessionFileBusy(ILogger logger, string path, string message);

    [LoggerMessage(43, LogLevel.Warning, "The session file {Path} cannot be used: {Message}")]
    public static partial void SessionFileFailed(ILogger logger, string path, string message);

    [LoggerMessage(44, LogLevel.Warning, "The session store failed: the connection goes on without it")]
    public static partial void SessionStoreFailed(ILogger logger, Exception exception);

    [LoggerMessage(
        45,
        LogLevel.Debug,
        "The first flight to {EndPoint} had {FirstFlightBytes} bytes (room in the SYN {SynRoom}, beyond it {SynOverflowBytes}); "
            + "session {Session}; early data {EarlyDataBytes} bytes, {EarlyData}, {Reason}")]
    public static partial void FirstFlight(
        ILogger logger,
        EndPoint endPoint,
        int firstFlightBytes,
        int? synRoom,
        int synOverflowBytes,
        string session,
        int earlyDataBytes,
        EarlyDataStatus earlyData,
        EarlyDataReason reason);

    [LoggerMessage(45, LogLevel.Warning, "The session cache failed: the handshake with {EndPoint} goes on as a full one")]
    public static partial void SessionCacheFailed(ILogger logger, EndPoint? endPoint, Exception exception);
}
