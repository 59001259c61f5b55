namespace SynHello.Interop.Tests;

/// <summary>The sessions that one server gave a client; the client comes back with the same one if it is told to.</summary>
internal sealed class ObservedSessions : SessionStore
{
    private readonly Lock _lock = new();
    private readonly List<StoredSession> _sessions = [];
    private StoredSession? _last;

    /// <summary>Whether the session that was given out last is given out again: what no client should do.</summary>
    public bool GivesLastAgain { get; set; }

    public IReadOnlyList<StoredSession> All
    {
        get
        {
            lock (_lock)
                return [.. _sessions];
        }
    }

    public override void Add(SessionKey key, StoredSession session)
    {
        lock (_lock)
            _sessions.Add(session);
    }

    public override StoredSession? Take(SessionKey key)
    {
        lock (_lock)
        {
            if (GivesLastAgain)
                return _last;
            if (_sessions.Count == 0)
                return null;
            _last = _sessions[^1];
            _sessions.RemoveAt(_sessions.Count - 1);
            return _last;
        }
    }

    public override void Remove(SessionKey key) => Clear();

    public override void Clear()
    {
        lock (_lock)
            _sessions.Clear();
    }
}
