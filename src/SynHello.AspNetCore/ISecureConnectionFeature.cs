namespace SynHello.AspNetCore;

/// <summary>
/// What is known of the secure connection that a request came over; in <c>HttpContext.Features</c> and in
/// <c>ConnectionContext.Features</c>. Safe to read from any thread.
/// </summary>
public interface ISecureConnectionFeature
{
    /// <summary>
    /// What setting up the connection took, and what was agreed on. While the handshake is not complete, what is known
    /// so far.
    /// </summary>
    HandshakeReport Report { get; }

    /// <summary>
    /// Whether the handshake is complete now. While it is not, the request came as early data and could be a replay:
    /// see <see cref="SecureStream.IsHandshakeComplete"/>.
    /// </summary>
    bool IsHandshakeComplete { get; }

    /// <summary>
    /// Completes when the handshake is complete: from then on the request is no replay. Fails or is canceled when the
    /// connection ends before, as <see cref="SecureStream.HandshakeCompleted"/>.
    /// </summary>
    Task HandshakeCompleted { get; }

    /// <summary>
    /// Whether the client has shown that it is where <c>HttpContext.Connection.RemoteIpAddress</c> says. False for early requests over a listener
    /// without cookies alone, as long as nobody has waited for the handshake: see <see cref="SecureStream.IsRemoteAddressProven"/>.
    /// </summary>
    bool IsRemoteAddressProven { get; }
}
