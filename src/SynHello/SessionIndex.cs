namespace SynHello;

/// <summary>
/// Sessions by key, the least recently used key giving way first. Bounded. Not thread-safe.
/// </summary>
internal sealed class SessionIndex
{
    private readonly int _capacity;
    private readonly int _sessionsPerKey;
    private readonly Dictionary<SessionKey, LinkedListNode<Entry>> _entries = [];

    /// <summary>The most recently used key first.</summary>
    private readonly LinkedList<Entry> _order = [];

    public SessionIndex(int capacity, int sessionsPerKey)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(capacity);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(sessionsPerKey);
        _capacity = capacity;
        _sessionsPerKey = sessionsPerKey;
    }

    /// <summary>How many sessions there are, those included that have expired.</summary>
    public int Count { get; private set; }

    /// <summary>Whether anything was changed, or lost its turn, since the flag was last cleared.</summary>
    public bool IsChanged { get; set; }

    public void Add(SessionKey key, StoredSession session)
    {
        List<StoredSession> sessions = Touch(key) ?? Insert(key);
        sessions.Add(session);
        Count++;
        IsChanged = true;
        if (sessions.Count > _sessionsPerKey)
            RemoveOldest(sessions);
        while (Count > _capacity && _order.Last is { } last)
        {
            RemoveOldest(last.Value.Sessions);
            if (last.Value.Sessions.Count == 0)
                Delete(last);
        }
    }

    public StoredSession? Take(SessionKey key, DateTimeOffset now)
    {
        if (Touch(key) is not { } sessions)
            return null;
        StoredSession? taken = null;
        while (taken is null && sessions.Count > 0)
        {
            StoredSession newest = sessions[^1];
            sessions.RemoveAt(sessions.Count - 1);
            Count--;
            if (newest.IsUsable(now))
                taken = newest;
        }

        IsChanged = true;
        if (sessions.Count == 0)
            Delete(_entries[key]);
        return taken;
    }

    public void Remove(SessionKey key)
    {
        if (!_entries.TryGetValue(key, out LinkedListNode<Entry>? node))
            return;
        Count -= node.Value.Sessions.Count;
        IsChanged = true;
        Delete(node);
    }

    public void Clear()
    {
        IsChanged |= Count > 0;
        _entries.Clear();
        _order.Clear();
        Count = 0;
    }

    /// <summary>Every session, in the order in which the last would be dropped first.</summary>
    public IEnumerable<(SessionKey Key, StoredSession Session)> NewestFirst()
    {
        foreach (Entry entry in _order)
        {
            for (int i = entry.Sessions.Count - 1; i >= 0; i--)
                yield return (entry.Key, entry.Sessions[i]);
        }
    }

    private List<StoredSession>? Touch(SessionKey key)
    {
        if (!_entries.TryGetValue(key, out LinkedListNode<Entry>? node))
            return null;
        _order.Remove(node);
        _order.AddFirst(node);
        return node.Value.Sessions;
    }

    private List<StoredSession> Insert(SessionKey key)
    {
        LinkedListNode<Entry> node = _order.AddFirst(new Entry(key, []));
        _entries.Add(key, node);
        return node.Value.Sessions;
    }

    private void RemoveOldest(List<StoredSession> sessions)
    {
        sessions.RemoveAt(0);
        Count--;
    }

    private void Delete(LinkedListNode<Entry> node)
    {
        _order.Remove(node);
        _entries.Remove(node.Value.Key);
    }

    private sealed record Entry(SessionKey Key, List<StoredSession> Sessions);
}
