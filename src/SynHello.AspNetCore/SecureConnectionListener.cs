using System.Net;

using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;

namespace SynHello.AspNetCore;

/// <summary>Hands Kestrel the connections of a <see cref="SecureListener"/>, which it owns.</summary>
internal sealed class SecureConnectionListener(
    SecureListener listener, ILogger logger, TimeProvider timeProvider, EarlyRequests earlyRequests)
    : IConnectionListener
{
    public EndPoint EndPoint => listener.LocalEndPoint;

    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
    {
        try
        {
            SecureStream stream = await listener.AcceptAsync(cancellationToken).ConfigureAwait(false);
            return new SecureConnection(stream, logger, timeProvider, earlyRequests.AreJudged);
        }
        catch (ObjectDisposedException)
        {
            return null; // unbound; when accepting failed for good, the listener has logged it
        }
    }

    public ValueTask UnbindAsync(CancellationToken cancellationToken = default) => listener.DisposeAsync();

    public ValueTask DisposeAsync() => listener.DisposeAsync();
}
