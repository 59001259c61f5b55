using Microsoft.Extensions.Logging;

using SynHello.Tls;

namespace SynHello;

/// <summary>
/// One connection's way to the store: sessions come from it and go to it under one key. A store that fails is logged,
/// and fails nothing else. Thread-safe.
/// </summary>
/// <param name="store">Where sessions are.</param>
/// <param name="key">What they are kept under.</param>
/// <param name="maximumAge">
/// How long ago the chain of a session may have been verified: who made it, and shares the store, may have allowed more.
/// </param>
/// <param name="timeProvider">The clock that tells.</param>
/// <param name="isTrusted">Whether the chain of a session is trusted still; null where its verdict stands until it ends.</param>
/// <param name="logger">Where failures go.</param>
internal sealed class SessionKeeper(
    SessionStore store,
    SessionKey key,
    TimeSpan maximumAge,
    TimeProvider timeProvider,
    Func<IReadOnlyList<ReadOnlyMemory<byte>>, bool>? isTrusted,
    ILogger logger)
{
    private readonly Lock _lock = new();
    private Task _pending = Task.CompletedTask;

    /// <summary>How the server's chain was verified; set once it was.</summary>
    public ChainVerification? Verification { get; set; }

    /// <summary>Takes a session, without blocking this thread.</summary>
    public async ValueTask<StoredSession?> TakeAsync() =>
        store.MayBlock ? await Task.Run(Take).ConfigureAwait(false) : Take();

    /// <summary>Takes a session.</summary>
    public StoredSession? Take()
    {
        StoredSession? session;
        try
        {
            session = store.Take(key);
        }
        catch (Exception exception)
        {
            Log.SessionStoreFailed(logger, exception);
            return null;
        }

        return session is not null
            && timeProvider.GetUtcNow() - session.VerifiedAt < maximumAge
            && (isTrusted is null || isTrusted(session.Session.PeerCertificates))
            ? session
            : null;
    }

    /// <summary>Gives a session back that was taken and not used.</summary>
    public async ValueTask ReturnAsync(StoredSession session)
    {
        if (store.MayBlock)
            await Task.Run(() => Add(session)).ConfigureAwait(false);
        else
            Add(session);
    }

    /// <summary>Keeps a session that the server gave out; later, when the store may block.</summary>
    public void Keep(TlsSession session)
    {
        if (Verification is not { } verification)
            return;
        var stored = new StoredSession(session, verification);
        if (!store.MayBlock)
        {
            Add(stored);
            return;
        }

        lock (_lock)
        {
            _pending = _pending.ContinueWith(
                _ => Add(stored), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        }
    }

    /// <summary>Forgets every session of the host: one of them did not lead to a connection.</summary>
    public void Forget()
    {
        try
        {
            store.Remove(key);
        }
        catch (Exception exception)
        {
            Log.SessionStoreFailed(logger, exception);
        }
    }

    /// <summary>Ends when what was to be kept is with the store. Never fails.</summary>
    public Task WhenKeptAsync()
    {
        lock (_lock)
            return _pending;
    }

    private void Add(StoredSession session)
    {
        try
        {
            store.Add(key, session);
        }
        catch (Exception exception)
        {
            Log.SessionStoreFailed(logger, exception);
        }
    }
}
