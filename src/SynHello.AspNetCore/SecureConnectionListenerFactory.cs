using System.Buffers;
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
internal sealed class SecureConnectionListenerFactory(
    ILoggerFactory loggerFactory,
    EarlyRequests earlyRequests,
    SecureListeners listeners,
    IMemoryPoolFactory<byte>? memoryPools = null)
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
        var listener = new SecureConnectionListener(
            Listen(options),
            new SecureConnectionSettings(
                loggerFactory.CreateLogger<SecureConnection>(),
                options.TimeProvider,
                earlyRequests,
                memoryPools?.Create(new MemoryPoolOptions { Owner = "synhello" }) ?? MemoryPool<byte>.Shared));
        listeners.Add(secure, listener);
        return new ValueTask<IConnectionListener>(listener);
    }

    private static SecureListener Listen(SecureListenerOptions options)
    {
        try
        {
            return new SecureListener(options);
        }
        catch (SocketException exception) when (exception.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            throw new AddressInUseException(exception.Message, exception); // what Kestrel looks for
        }
        catch (SocketException exception)
        {
            throw new IOException($"Failed to bind to address https://{options.ListenEndPoint}: {exception.Message}.", exception);
        }
    }
}
