namespace SynHello.Tls;

/// <summary>
/// The sessions of TLS 1.2 that a server keeps by their IDs (RFC 5246 section 7.3), for clients that take no tickets. One cache serves
/// many connections at once: every member is thread-safe, and none blocks. One that is shared by many servers answers later: see
/// <see cref="TryFind"/>.
/// </summary>
/// <remarks>
/// What is kept is sealed by the server's <see cref="SessionTicketProtector"/>: a cache holds no secret in the clear, servers that share
/// it need the same keys, and nothing in it outlives them. What a member throws counts as not kept, or not found.
/// </remarks>
public abstract class TlsSessionCache
{
    /// <summary>How long every session ID is, in bytes.</summary>
    public const int SessionIdLength = 32;

    /// <summary>Keeps a session, or does not: a cache has its limits. What has to travel does so behind this call.</summary>
    /// <param name="sessionId">The ID: 32 random bytes, new for each session.</param>
    /// <param name="session">What to give back; to be copied.</param>
    /// <param name="expiresAt">From then on it is of no use.</param>
    public abstract void Add(ReadOnlySpan<byte> sessionId, ReadOnlySpan<byte> session, DateTimeOffset expiresAt);

    /// <summary>Looks a session up, without waiting.</summary>
    /// <param name="sessionId">What a client sent: 32 bytes of any kind.</param>
    /// <param name="session">What was added under that ID; empty when there is none.</param>
    /// <returns>
    /// False when it has to be looked up elsewhere: the engine then asks with <see cref="TlsEvent.NeedSession"/>, and the handshake waits
    /// for <see cref="TlsServerEngine.UseSession"/>.
    /// </returns>
    public abstract bool TryFind(ReadOnlySpan<byte> sessionId, out ReadOnlyMemory<byte> session);

    /// <summary>Forgets a session: a connection of it has failed (RFC 5246 section 7.2.2).</summary>
    /// <param name="sessionId">The ID.</param>
    public abstract void Remove(ReadOnlySpan<byte> sessionId);
}
