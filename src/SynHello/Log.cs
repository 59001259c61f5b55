using System.Net;

using Microsoft.Extensions.Logging;

using SynHello.Sockets;
using SynHello.Wire;

namespace SynHello;

/// <summary>What is logged. Never a secret, never a byte of application data.</summary>
internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Debug, "Connected to {EndPoint}: Fast Open {FastOpen}, {SynDataBytes} bytes in the SYN, request after {RoundTrips} round trips")]
    public static partial void Connected(ILogger logger, EndPoint endPoint, FastOpenOutcome fastOpen, int synDataBytes, int roundTrips);

    [LoggerMessage(2, LogLevel.Debug, "The handshake with {EndPoint} failed: {Cause}: {Message}")]
    public static partial void ConnectFailed(ILogger logger, EndPoint endPoint, TlsErrorCause cause, string message);

    [LoggerMessage(3, LogLevel.Debug, "Accepted {EndPoint}: SYN data taken {SynDataTaken}, {SynDataBytes} bytes")]
    public static partial void Accepted(ILogger logger, EndPoint? endPoint, bool synDataTaken, int synDataBytes);

    [LoggerMessage(4, LogLevel.Information, "The handshake with {EndPoint} failed: {Cause}: {Message}")]
    public static partial void HandshakeFailed(ILogger logger, EndPoint? endPoint, TlsErrorCause cause, string message);

    [LoggerMessage(5, LogLevel.Information, "The connection with {EndPoint} broke during the handshake: {Message}")]
    public static partial void HandshakeBroke(ILogger logger, EndPoint? endPoint, string message);

    [LoggerMessage(6, LogLevel.Warning, "Fast Open on {EndPoint} is not what was asked for but {Mode}: {Reason}")]
    public static partial void FastOpenLimited(ILogger logger, EndPoint endPoint, FastOpenMode mode, string reason);

    [LoggerMessage(7, LogLevel.Error, "The handshake with {EndPoint} failed on this side")]
    public static partial void HandshakeCrashed(ILogger logger, EndPoint? endPoint, Exception exception);

    [LoggerMessage(8, LogLevel.Error, "The listener on {EndPoint} stopped accepting")]
    public static partial void AcceptStopped(ILogger logger, EndPoint endPoint, Exception exception);

    [LoggerMessage(9, LogLevel.Information, "A connection to {EndPoint} could not be accepted: {Message}")]
    public static partial void AcceptFailed(ILogger logger, EndPoint endPoint, string message);

    [LoggerMessage(10, LogLevel.Debug, "The connection to {EndPoint} could not be made, or broke during the handshake: {Message}")]
    public static partial void ConnectBroke(ILogger logger, EndPoint endPoint, string message);

    [LoggerMessage(11, LogLevel.Debug, "{Bytes} bytes for {EndPoint} wait until its address is proven; {SentBytes} were sent")]
    public static partial void HeldBack(ILogger logger, EndPoint? endPoint, int bytes, int sentBytes);

    [LoggerMessage(
        12,
        LogLevel.Warning,
        "The flight with the certificate chain of {Subject} has some {FlightBytes} bytes, and {Budget} may answer a first contact "
        + "without a cookie of {SynBytes} bytes: the rest waits for another round trip. A shorter chain or an ECDSA key avoids it")]
    public static partial void ChainAboveBudget(ILogger logger, string subject, int flightBytes, int budget, int synBytes);
}
