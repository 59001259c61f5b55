namespace SynHello.Http.Tests;

/// <summary>A store that gives nothing out before it is opened.</summary>
internal sealed class GatedSessionStore(SessionStore inner) : SessionStore, IDisposable
{
    private readonly TaskCompletionSource _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ManualResetEventSlim _gate = new();

    public override bool MayBlock => true;

    /// <summary>Completes when somebody wants a session.</summary>
    public Task Asked => _asked.Task;

    public void Open() => _gate.Set();

    public void Dispose() => _gate.Dispose();

    public override void Add(SessionKey key, StoredSession session) => inner.Add(key, session);

    public override StoredSession? Take(SessionKey key)
    {
        _asked.TrySetResult();
        _gate.Wait();
        return inner.Take(key);
    }

    public override void Remove(SessionKey key) => inner.Remove(key);

    public override void Clear() => inner.Clear();
}
