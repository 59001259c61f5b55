using SynHello.Tls;

namespace SynHello;

/// <summary>
/// Sessions of TLS 1.2 that many servers share, so that a client can come back to another one (RFC 5246 section 7.3). The handshake
/// waits for a look-up without holding a thread, and for a second at most; what fails counts as not found. What is kept is
/// sealed with the servers' common <see cref="SecureListenerOptions.TicketKeys"/>: whoever runs the cache can read nothing of it.
/// Implementations are thread-safe.
/// </summary>
public abstract class SharedSessionCache : TlsSessionCache
{
    /// <summary>Looks a session up.</summary>
    /// <param name="sessionId">What a client sent: 32 bytes of any kind.</param>
    /// <param name="cancellationToken">Canceled when nobody waits any more.</param>
    /// <returns>What was added under that ID; empty when there is nothing.</returns>
    public abstract ValueTask<ReadOnlyMemory<byte>> FindAsync(
        ReadOnlyMemory<byte> sessionId, CancellationToken cancellationToken = default);

    /// <summary>Says that somebody has to be asked. A cache that knows some sessions itself may give them here.</summary>
    /// <param name="sessionId">What a client sent.</param>
    /// <param name="session">The session, if it is known here.</param>
    /// <returns>Whether the answer is known here; false by default.</returns>
    public override bool TryFind(ReadOnlySpan<byte> sessionId, out ReadOnlyMemory<byte> session)
    {
        session = default;
        return false;
    }
}
