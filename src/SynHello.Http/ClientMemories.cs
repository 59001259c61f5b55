using System.Collections.Concurrent;

using SynHello.Sockets;

namespace SynHello.Http;

/// <summary>What named clients remember from one of their handlers to the next. Thread-safe.</summary>
internal sealed class ClientMemories
{
    private readonly ConcurrentDictionary<string, ClientMemory> _memories = new(StringComparer.Ordinal);

    /// <summary>The memory of a client.</summary>
    public ClientMemory Of(string name) => _memories.GetOrAdd(
        name, static _ => new ClientMemory(SecureConnector.CreateSessionStore(), new FastOpenPaths()));
}

/// <summary>What one of them remembers.</summary>
internal sealed record ClientMemory(SessionStore Sessions, FastOpenPaths Paths);
