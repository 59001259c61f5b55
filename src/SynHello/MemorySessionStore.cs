namespace SynHello;

/// <summary>
/// Keeps sessions in memory, as many as it is told; when there are more, those of the host that was not visited for the
/// longest time go first. Thread-safe.
/// </summary>
/// <param name="capacity">How many sessions are kept in all.</param>
/// <param name="sessionsPerKey">How many are kept for one key; the oldest gives way.</param>
/// <param name="timeProvider">The clock that sessions expire by; null means the system's.</param>
/// <exception cref="ArgumentOutOfRangeException">A number is not positive.</exception>
public sealed class MemorySessionStore(
    int capacity = MemorySessionStore.DefaultCapacity,
    int sessionsPerKey = MemorySessionStore.DefaultSessionsPerKey,
    TimeProvider? timeProvider = null) : SessionStore
{
    /// <summary>How many sessions are kept unless told otherwise.</summary>
    public const int DefaultCapacity = 1024;

    /// <summary>How many sessions are kept for one key unless told otherwise.</summary>
    public const int DefaultSessionsPerKey = 4;

    private readonly Lock _lock = new();
    private readonly SessionIndex _index = new(capacity, sessionsPerKey);
    private readonly TimeProvider _timeProvider = timeProvider ?? TimeProvider.System;

    /// <summary>How many sessions are kept at the moment, those included that have expired.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
                return _index.Count;
        }
    }

    /// <inheritdoc/>
    public override void Add(SessionKey key, StoredSession session)
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(session);
        lock (_lock)
            _index.Add(key, session);
    }

    /// <inheritdoc/>
    public override StoredSession? Take(SessionKey key)
    {
        ArgumentNullException.ThrowIfNull(key);
        lock (_lock)
            return _index.Take(key, _timeProvider.GetUtcNow());
    }

    /// <inheritdoc/>
    public override void Remove(SessionKey key)
    {
        ArgumentNullException.ThrowIfNull(key);
        lock (_lock)
            _index.Remove(key);
    }

    /// <inheritdoc/>
    public override void Clear()
    {
        lock (_lock)
            _index.Clear();
    }
}
