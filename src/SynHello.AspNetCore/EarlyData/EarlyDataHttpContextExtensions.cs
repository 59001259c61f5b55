using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace SynHello.AspNetCore;

/// <summary>What a request tells of the secure connection that it came over.</summary>
public static class EarlyDataHttpContextExtensions
{
    /// <summary>
    /// Whether the request came as early data of this connection: whether all of its head was here before the handshake was complete. It stays
    /// so when the handshake is complete, and tells each request of a connection apart. Whoever recorded it may have sent it, until
    /// <see cref="WaitForHandshakeAsync"/> completes; a client may send it twice (RFC 8446 section 8). A gateway's mark
    /// (<c>Early-Data: 1</c>) has no say in it: the handshake that counts then is not this connection's.
    /// </summary>
    /// <param name="context">The request.</param>
    /// <returns>False for all requests of other listeners, and where
    /// <see cref="EarlyDataApplicationBuilderExtensions.UseEarlyData(Microsoft.AspNetCore.Builder.IApplicationBuilder)"/> was not called.</returns>
    public static bool IsEarlyData(this HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return context.Features.Get<ISecureConnectionFeature>() is SecureConnectionFeature connection
            && connection.IsRequestEarly(context.Features.Get<IHttp2StreamIdFeature>()?.StreamId);
    }

    /// <summary>
    /// Waits until the handshake of the request's connection is complete: from then on no recording of the request is played here. Of a
    /// request that is not early, and over other listeners, it is complete already.
    /// </summary>
    /// <param name="context">The request.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="IOException">The handshake failed.</exception>
    /// <exception cref="TimeoutException">The handshake took longer than <see cref="SecureListenerOptions.HandshakeTimeout"/>.</exception>
    /// <exception cref="OperationCanceledException">It was canceled, or the connection has ended before.</exception>
    public static Task WaitForHandshakeAsync(this HttpContext context, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(context);
        return context.Features.Get<ISecureConnectionFeature>() is { IsHandshakeComplete: false } connection
            ? connection.HandshakeCompleted.WaitAsync(cancellationToken)
            : Task.CompletedTask;
    }

    /// <summary>What setting up the request's connection took, and what was agreed on.</summary>
    /// <param name="context">The request.</param>
    /// <returns>Null over other listeners.</returns>
    public static HandshakeReport? GetHandshakeReport(this HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return context.Features.Get<ISecureConnectionFeature>()?.Report;
    }
}
