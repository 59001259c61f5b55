using System.Net;

using Microsoft.Extensions.Logging;

namespace SynHello.AspNetCore;

/// <summary>What is logged of connections after their handshake. Never a byte of application data.</summary>
internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Information, "The connection with {EndPoint} broke: {Message}")]
    public static partial void Broke(ILogger logger, EndPoint? endPoint, string message);

    // Many clients end like this when they have what they came for; HTTP's own lengths tell whether that is so.
    [LoggerMessage(2, LogLevel.Debug, "The connection with {EndPoint} ended without close_notify: {Message}")]
    public static partial void Truncated(ILogger logger, EndPoint? endPoint, string message);

    [LoggerMessage(3, LogLevel.Information, "The connection with {EndPoint} was given up: {Message}")]
    public static partial void Aborted(ILogger logger, EndPoint? endPoint, string message);

    [LoggerMessage(4, LogLevel.Error, "What was to be told of the end of the connection with {EndPoint} failed")]
    public static partial void ClosedHandlerFailed(ILogger logger, EndPoint? endPoint, Exception exception);
}
