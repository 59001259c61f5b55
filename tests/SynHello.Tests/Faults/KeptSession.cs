namespace SynHello.Tests;

/// <summary>A store of the session that came last, which it gives out again and again: every visit but the first is a return.</summary>
internal sealed class KeptSession : SessionStore
{
    private volatile StoredSession? _session;

    public override void Add(SessionKey key, StoredSession session) => _session = session;

    public override StoredSession? Take(SessionKey key) => _session;

    public override void Remove(SessionKey key)
    {
        // A connection that was cut says nothing about the session.
    }

    public override void Clear() => _session = null;
}
