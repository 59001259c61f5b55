using System.Runtime.InteropServices;

using SynHello.Tls;

namespace SynHello;

/// <summary>
/// Sessions of TLS 1.2 that a server keeps in memory by their IDs (RFC 5246 section 7.3), for clients that take no tickets. Bounded: the
/// oldest session of a shard gives way to a new one. What has expired is never given back. Thread-safe; shards keep connections out of
/// each other's way.
/// </summary>
public sealed class SessionIdCache : TlsSessionCache
{
    /// <summary>The most sessions of a cache of the default size: some 10 MB with client certificates, 5 MB without.</summary>
    public const int DefaultCapacity = 20_000;

    private const int IdLength = 32;
    private const int LargestSession = 2048;
    private const int MostShards = 16;

    private readonly Shard[] _shards;
    private readonly TimeProvider _timeProvider;

    /// <summary>Makes an empty cache.</summary>
    /// <param name="capacity">The most sessions; 1 at least.</param>
    /// <param name="timeProvider">The clock that sessions expire by; the system's by default.</param>
    /// <exception cref="ArgumentOutOfRangeException">The capacity is below 1.</exception>
    public SessionIdCache(int capacity = DefaultCapacity, TimeProvider? timeProvider = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        Capacity = capacity;
        _timeProvider = timeProvider ?? TimeProvider.System;
        _shards = new Shard[Math.Min(MostShards, capacity)];
        for (int i = 0; i < _shards.Length; i++)
            _shards[i] = new Shard((capacity / _shards.Length) + (i < capacity % _shards.Length ? 1 : 0));
    }

    /// <summary>The most sessions.</summary>
    public int Capacity { get; }

    /// <summary>What became of the sessions so far. The figures are taken one shard after the other.</summary>
    public SessionIdCacheStatistics Statistics
    {
        get
        {
            SessionIdCacheStatistics sum = default;
            foreach (Shard shard in _shards)
                sum = shard.AddTo(sum);
            return sum;
        }
    }

    /// <inheritdoc/>
    public override void Add(ReadOnlySpan<byte> sessionId, ReadOnlySpan<byte> session, DateTimeOffset expiresAt)
    {
        if (sessionId.Length != IdLength || session.Length > LargestSession)
            return;
        SessionId id = MemoryMarshal.Read<SessionId>(sessionId);
        ShardOf(id).Add(id, session.ToArray(), expiresAt, _timeProvider.GetUtcNow());
    }

    /// <inheritdoc/>
    public override bool TryFind(ReadOnlySpan<byte> sessionId, out ReadOnlyMemory<byte> session)
    {
        if (sessionId.Length != IdLength)
        {
            _shards[0].Miss();
            session = default;
            return true;
        }

        SessionId id = MemoryMarshal.Read<SessionId>(sessionId);
        session = ShardOf(id).Find(id, _timeProvider.GetUtcNow());
        return true;
    }

    /// <inheritdoc/>
    public override void Remove(ReadOnlySpan<byte> sessionId)
    {
        if (sessionId.Length != IdLength)
            return;
        SessionId id = MemoryMarshal.Read<SessionId>(sessionId);
        ShardOf(id).Remove(id);
    }

    private Shard ShardOf(in SessionId id) => _shards[(int)(id.First % (uint)_shards.Length)];

    /// <summary>32 octets that this side drew at random, so any part of them is a hash.</summary>
    private readonly record struct SessionId(ulong First, ulong Second, ulong Third, ulong Fourth)
    {
        public override int GetHashCode() => Second.GetHashCode();
    }

    private sealed class Entry(SessionId id, byte[] session, DateTimeOffset expiresAt)
    {
        public SessionId Id { get; } = id;

        public byte[] Session { get; } = session;

        public DateTimeOffset ExpiresAt { get; } = expiresAt;
    }

    private sealed class Shard(int capacity)
    {
        private readonly Lock _lock = new();
        private readonly Dictionary<SessionId, LinkedListNode<Entry>> _entries = [];
        private readonly LinkedList<Entry> _byAge = new();
        private long _hits;
        private long _misses;
        private long _evictions;
        private long _expirations;

        public void Add(in SessionId id, byte[] session, DateTimeOffset expiresAt, DateTimeOffset now)
        {
            lock (_lock)
            {
                if (_entries.TryGetValue(id, out LinkedListNode<Entry>? old))
                    Drop(old);

                // All sessions live equally long, so the oldest is the first to expire.
                while (_byAge.First is { } first && first.Value.ExpiresAt <= now)
                {
                    Drop(first);
                    _expirations++;
                }

                if (_entries.Count == capacity)
                {
                    Drop(_byAge.First!);
                    _evictions++;
                }

                _entries.Add(id, _byAge.AddLast(new Entry(id, session, expiresAt)));
            }
        }

        public ReadOnlyMemory<byte> Find(in SessionId id, DateTimeOffset now)
        {
            lock (_lock)
            {
                if (_entries.TryGetValue(id, out LinkedListNode<Entry>? found))
                {
                    if (found.Value.ExpiresAt > now)
                    {
                        _hits++;
                        return found.Value.Session;
                    }

                    Drop(found);
                    _expirations++;
                }

                _misses++;
                return default;
            }
        }

        public void Miss()
        {
            lock (_lock)
                _misses++;
        }

        public void Remove(in SessionId id)
        {
            lock (_lock)
            {
                if (_entries.TryGetValue(id, out LinkedListNode<Entry>? found))
                    Drop(found);
            }
        }

        public SessionIdCacheStatistics AddTo(in SessionIdCacheStatistics sum)
        {
            lock (_lock)
            {
                return new SessionIdCacheStatistics(
                    sum.Count + _entries.Count,
                    sum.Hits + _hits,
                    sum.Misses + _misses,
                    sum.Evictions + _evictions,
                    sum.Expirations + _expirations);
            }
        }

        private void Drop(LinkedListNode<Entry> node)
        {
            _entries.Remove(node.Value.Id);
            _byAge.Remove(node);
        }
    }
}
