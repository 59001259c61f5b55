using System.Net;

using Microsoft.AspNetCore.Connections;

namespace SynHello.AspNetCore;

/// <summary>Hands Kestrel the connections of a <see cref="SecureListener"/>, which it owns.</summary>
internal sealed class SecureConnectionListener(SecureListener listener, SecureConnectionSettings settings) : IConnectionListener
{
    private volatile bool _isUnbound;
    private volatile bool _isOver;

    public EndPoint EndPoint => listener.LocalEndPoint;

    /// <summary>What is behind it.</summary>
    public SecureListener Listener => listener;

    /// <summary>Whether connections are taken; not any more after accepting has failed for good, and after the server has stopped.</summary>
    public bool IsListening => !_isUnbound && !_isOver;

    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
    {
        try
        {
            SecureStream stream = await listener.AcceptAsync(cancellationToken).ConfigureAwait(false);
            return new SecureConnection(stream, settings);
        }
        catch (ObjectDisposedException)
        {
            _isOver = true;
            return null; // unbound; when accepting failed for good, the listener has logged it
        }
    }

    public ValueTask UnbindAsync(CancellationToken cancellationToken = default)
    {
        _isUnbound = true;
        return listener.DisposeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await UnbindAsync().ConfigureAwait(false);
        settings.Dispose();
    }
}
