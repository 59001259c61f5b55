namespace SynHello;

/// <summary>
/// Where a <see cref="SecureClient"/> keeps the sessions that servers gave it, so that it is a returning visitor. Each
/// session is given out once (RFC 8446 appendix C.4): a second use would show onlookers that both connections are the
/// same client's, and would make early data replayable.
/// </summary>
/// <remarks>
/// One store can serve several clients. Every member is thread-safe: of two calls at the same time, no two get the same
/// session. No member fails because the place where the sessions are kept does: what cannot be kept is dropped, and
/// what cannot be read does not exist. Should one throw all the same, the client logs it and goes on without.
/// </remarks>
public abstract class SessionStore
{
    /// <summary>
    /// Whether calls may take long, because they read or write a file for instance: then a client makes them where
    /// nobody waits for them, as far as it can. False unless overridden.
    /// </summary>
    public virtual bool MayBlock => false;

    /// <summary>Keeps a session.</summary>
    /// <param name="key">What it belongs to.</param>
    /// <param name="session">The session.</param>
    public abstract void Add(SessionKey key, StoredSession session);

    /// <summary>Gives a session out and forgets it: of those that can be used, the one that was added last.</summary>
    /// <param name="key">What it has to belong to.</param>
    /// <returns>A session that has not expired; null when there is none.</returns>
    public abstract StoredSession? Take(SessionKey key);

    /// <summary>Forgets what belongs to a key.</summary>
    /// <param name="key">The key.</param>
    public abstract void Remove(SessionKey key);

    /// <summary>Forgets everything.</summary>
    public abstract void Clear();
}
