namespace SynHello.Http;

/// <summary>
/// Keeps requests whose body can be sent once apart from connections of HTTP/2 whose server has not said yet that it speaks that: what
/// is written to such a connection may have to be sent again on another one. By host and port. Thread-safe.
/// </summary>
internal sealed class DeferredFlights
{
    private readonly Lock _lock = new();
    private readonly Dictionary<(string Host, int Port), Entry> _entries = [];

    /// <summary>Begins a connection that its first request makes, unless such a request is under way.</summary>
    /// <returns>Whether it may be made so; <see cref="End"/> has to be called then.</returns>
    public bool TryBegin(string host, int port)
    {
        lock (_lock)
        {
            Entry entry = Find(host, port);
            if (entry.ForOnce > 0)
                return false;
            entry.Deferred++;
            return true;
        }
    }

    /// <summary>The server has answered, or there is no connection.</summary>
    public void End(string host, int port)
    {
        TaskCompletionSource? over = null;
        lock (_lock)
        {
            Entry entry = Find(host, port);
            if (--entry.Deferred == 0)
                (over, entry.Over) = (entry.Over, null);
            RemoveIfIdle(host, port, entry);
        }

        over?.SetResult();
    }

    /// <summary>Begins a request whose body can be sent once, as soon as no such connection is under way.</summary>
    /// <exception cref="OperationCanceledException">It was given up; it has not begun.</exception>
    public async ValueTask BeginForOnceAsync(string host, int port, CancellationToken cancellationToken)
    {
        Task? over;
        lock (_lock)
        {
            Entry entry = Find(host, port);
            entry.ForOnce++;
            over = entry.Deferred == 0
                ? null
                : (entry.Over ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }

        if (over is null)
            return;
        try
        {
            await over.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            EndForOnce(host, port);
            throw;
        }
    }

    /// <summary>It is answered.</summary>
    public void EndForOnce(string host, int port)
    {
        lock (_lock)
        {
            Entry entry = Find(host, port);
            entry.ForOnce--;
            RemoveIfIdle(host, port, entry);
        }
    }

    private Entry Find(string host, int port)
    {
        (string, int) key = (host.ToLowerInvariant(), port);
        if (!_entries.TryGetValue(key, out Entry? entry))
            _entries.Add(key, entry = new Entry());
        return entry;
    }

    private void RemoveIfIdle(string host, int port, Entry entry)
    {
        if (entry is { Deferred: 0, ForOnce: 0 })
            _entries.Remove((host.ToLowerInvariant(), port));
    }

    private sealed class Entry
    {
        public int Deferred { get; set; }

        public int ForOnce { get; set; }

        /// <summary>Completes when nothing is deferred any more; null while nobody waits for it.</summary>
        public TaskCompletionSource? Over { get; set; }
    }
}
