using System.Net;

using Microsoft.Extensions.Logging;

namespace SynHello.AspNetCore;

/// <summary>
/// What is logged of connections once they are handed out. Of what clients send, no more than a request's method.
/// </summary>
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

    [LoggerMessage(5, LogLevel.Debug, "A {Method} of {EndPoint} came early, and goes on marked Early-Data: 1")]
    public static partial void Early(ILogger logger, string method, EndPoint? endPoint);

    [LoggerMessage(6, LogLevel.Debug, "A {Method} of {EndPoint} that may not come early was answered 425 (Too Early)")]
    public static partial void TooEarly(ILogger logger, string method, EndPoint? endPoint);

    [LoggerMessage(7, LogLevel.Warning, "Kestrel's configuration was loaded anew in code (KestrelServerOptions.Configure), and is read without its https endpoints now: endpoints and callbacks that were added to that loader are lost. Add them to KestrelServerOptions.ConfigurationLoader")]
    public static partial void LoaderReplaced(ILogger logger);

    [LoggerMessage(8, LogLevel.Warning, "Certificates of Kestrel's HTTPS defaults (ConfigureHttpsDefaults) are not shown over SynHello: its endpoints have those of their configuration and of SecureListenerOptions")]
    public static partial void CertificatesNotTaken(ILogger logger);

    [LoggerMessage(9, LogLevel.Warning, "The configuration has changed what is https and what is not ({EndPoints}): SynHello goes on serving the endpoints that it has, Kestrel serves new ones with its own TLS, and a restart makes them SynHello's")]
    public static partial void RestartNeeded(ILogger logger, string endPoints);
}
