using System.Collections.Concurrent;

namespace SynHello.Tests;

/// <summary>A store that tells what it was asked.</summary>
internal sealed class ObservedStore(SessionStore inner) : SessionStore
{
    public ConcurrentQueue<(SessionKey Key, StoredSession Session)> Added { get; } = [];

    public ConcurrentQueue<(SessionKey Key, StoredSession? Session)> Taken { get; } = [];

    public ConcurrentQueue<SessionKey> Removed { get; } = [];

    /// <summary>Thrown by every call, if it is set.</summary>
    public Exception? Failure { get; set; }

    public bool Blocks { get; init; }

    public override bool MayBlock => Blocks;

    public override void Add(SessionKey key, StoredSession session)
    {
        ThrowIfFailing();
        Added.Enqueue((key, session));
        inner.Add(key, session);
    }

    public override StoredSession? Take(SessionKey key)
    {
        ThrowIfFailing();
        StoredSession? session = inner.Take(key);
        Taken.Enqueue((key, session));
        return session;
    }

    public override void Remove(SessionKey key)
    {
        ThrowIfFailing();
        Removed.Enqueue(key);
        inner.Remove(key);
    }

    public override void Clear() => inner.Clear();

    private void ThrowIfFailing()
    {
        if (Failure is not null)
            throw Failure;
    }
}
