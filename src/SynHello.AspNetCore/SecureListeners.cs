using System.Collections.Concurrent;

namespace SynHello.AspNetCore;

/// <summary>The secure endpoints of a host that were bound. Thread-safe.</summary>
internal sealed class SecureListeners
{
    private readonly ConcurrentQueue<Entry> _entries = new();

    public IEnumerable<Entry> All => _entries;

    public void Add(SecureEndPoint endPoint, SecureConnectionListener listener) => _entries.Enqueue(new Entry(endPoint, listener));

    /// <param name="EndPoint">What was asked for.</param>
    /// <param name="Listener">What is bound.</param>
    public sealed record Entry(SecureEndPoint EndPoint, SecureConnectionListener Listener);
}
