using SynHello.Tls;

namespace SynHello;

/// <summary>
/// Sessions of TLS 1.2 that many servers share by their IDs. A handshake waits for the answer without holding a thread. What is kept is
/// sealed under the servers' ticket keys, which they have to share too. Every member is thread-safe.
/// </summary>
public abstract class SharedSessionCache : TlsSessionCache
{
    /// <summary>Looks a session up. What it throws is logged nowhere and means that there is none.</summary>
    /// <param name="sessionId">What a client sent: 1 to 32 bytes of any kind.</param>
    /// <param name="cancellationToken">Ends with the handshake.</param>
    /// <returns>What was added under that ID; empty when there is none.</returns>
    public abstract ValueTask<ReadOnlyMemory<byte>> FindAsync(
        ReadOnlyMemory<byte> sessionId, CancellationToken cancellationToken);

    /// <summary>Says that the answer takes <see cref="FindAsync"/>. One that knows some sessions itself may give them here.</summary>
    /// <param name="sessionId">What a client sent.</param>
    /// <param name="session">The session, if it is known here.</param>
    public override bool TryFind(ReadOnlySpan<byte> sessionId, out ReadOnlyMemory<byte> session)
    {
        session = default;
        return false;
    }
}
