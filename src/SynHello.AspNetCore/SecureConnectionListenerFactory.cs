using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;

using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace SynHello.AspNetCore;

/// <summary>
/// Binds the endpoints that are to be secure; every other one is left to the server's other transports.
/// </summary>
[SuppressMessage("Performance", "CA1812", Justification = "Dependency injection makes it.")]
internal sealed class SecureConnectionListenerFactory(ILoggerFactory loggerFactory, EarlyRequests earlyRequests)
    : IConnectionListenerFactory, IConnectionListenerFactorySelector
{
    public bool CanBind(EndPoint endpoint) => endpoint is SecureEndPoint;

    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        if (endpoint is not SecureEndPoint secure)
            throw new NotSupportedException($"{endpoint} is no endpoint of a secure listener.");
        SecureListenerOptions options = secure.Options;
        if (ReferenceEquals(options.LoggerFactory, NullLoggerFactory.Instance))
            options.LoggerFactory = loggerFactory;
        try
        {
            var listener = new SecureListener(options);
            return new ValueTask<IConnectionListener>(
                new SecureConnectionListener(
                    listener, loggerFactory.CreateLogger<SecureConnection>(), options.TimeProvider, earlyRequests));
        }
        catch (SocketException exception) when (exception.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            throw new AddressInUseException(exception.Message, exception); // what Kestrel looks for
        }
    }
}
