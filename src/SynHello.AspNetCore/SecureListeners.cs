using System.Collections.Concurrent;

using SynHello.Sockets;

namespace SynHello.AspNetCore;

/// <summary>The secure endpoints of a host that were bound. Thread-safe.</summary>
internal sealed class SecureListeners
{
    private readonly ConcurrentQueue<Entry> _entries = new();

    public IEnumerable<Entry> All => _entries;

    public void Add(string? name, FastOpenMode wanted, SecureConnectionListener listener) =>
        _entries.Enqueue(new Entry(name, wanted, listener));

    /// <param name="Name">What the configuration calls it; null where it comes from code.</param>
    /// <param name="Wanted">What of Fast Open was asked for.</param>
    /// <param name="Listener">What is bound.</param>
    public sealed record Entry(string? Name, FastOpenMode Wanted, SecureConnectionListener Listener);
}
