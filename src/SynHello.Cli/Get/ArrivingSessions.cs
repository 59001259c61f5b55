namespace SynHello.Cli;

/// <summary>A store that tells when the first session was added to it. Everything else is the inner store's.</summary>
internal sealed class ArrivingSessions(SessionStore inner) : SessionStore
{
    private readonly TaskCompletionSource _arrived = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes with the first session that a server gave out.</summary>
    public Task Arrived => _arrived.Task;

    public override bool MayBlock => inner.MayBlock;

    public override void Add(SessionKey key, StoredSession session)
    {
        _arrived.TrySetResult();
        inner.Add(key, session);
    }

    public override StoredSession? Take(SessionKey key) => inner.Take(key);

    public override void Remove(SessionKey key) => inner.Remove(key);

    public override void Clear() => inner.Clear();
}
