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

    /// <summary>Holds up whoever adds, if it is set.</summary>
    public ManualResetEventSlim? Gate { get; init; }

    public override bool MayBlock => Gate is not null;

    public override void Add(SessionKey key, StoredSession session)
    {
        ThrowIfFailing();
        Gate?.Wait(TestContext.Current.CancellationToken);
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
