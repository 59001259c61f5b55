using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace SynHello;

/// <summary>
/// Chains that were found good, so that the same chain for the same host is not built anew on each connection. Only good verdicts
/// are kept, for a short time that ends before any certificate does; the policy is the owner's and never changes. Bounded.
/// Thread-safe.
/// </summary>
internal sealed class VerifiedChains(TimeProvider timeProvider)
{
    /// <summary>How long a verdict holds: as long as a change of the system's trusted roots may go unnoticed.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(5);

    /// <summary>How many verdicts are kept.</summary>
    public const int Capacity = 256;

    private readonly Lock _lock = new();
    private readonly Dictionary<Key, Verdict> _verdicts = [];

    /// <summary>How many verdicts are kept at the moment, those included that do not hold any more.</summary>
    internal int Count
    {
        get
        {
            lock (_lock)
                return _verdicts.Count;
        }
    }

    /// <summary>Whether the chain was found good for the host a short while ago.</summary>
    public bool Contains(in Key key) => TryGet(key, out _);

    /// <summary>Whether the chain was found good for the host a short while ago, and when.</summary>
    public bool TryGet(in Key key, out Verdict verdict)
    {
        lock (_lock)
            return _verdicts.TryGetValue(key, out verdict) && Holds(verdict);
    }

    /// <summary>Remembers a good verdict.</summary>
    public void Add(in Key key, in Verdict verdict)
    {
        lock (_lock)
        {
            if (_verdicts.Count >= Capacity)
                MakeRoom();
            _verdicts[key] = verdict;
        }
    }

    // Two clocks: one that is set back must not make a verdict hold for longer.
    private bool Holds(in Verdict verdict) =>
        timeProvider.GetElapsedTime(verdict.Timestamp) < Lifetime && timeProvider.GetUtcNow() <= verdict.NotAfter;

    private void MakeRoom()
    {
        foreach ((Key key, Verdict verdict) in _verdicts)
        {
            if (!Holds(verdict))
                _verdicts.Remove(key);
        }

        // All still hold: verdicts are cheap to make again, and a crowd of hosts must not make each addition slow.
        if (_verdicts.Count >= Capacity)
            _verdicts.Clear();
    }

    /// <summary>A good verdict.</summary>
    /// <param name="Timestamp">When it was made, in ticks of the clock.</param>
    /// <param name="MadeAt">When it was made.</param>
    /// <param name="NotAfter">The earliest end of a certificate, or of an answer about revocation, that entered it.</param>
    /// <param name="SessionEnd">Until when sessions may rely on it.</param>
    /// <param name="Path">The DER of the chain as it was built.</param>
    internal readonly record struct Verdict(
        long Timestamp,
        DateTimeOffset MadeAt,
        DateTimeOffset NotAfter,
        DateTimeOffset SessionEnd,
        IReadOnlyList<ReadOnlyMemory<byte>> Path);

    /// <summary>
    /// SHA-256 over everything that enters a verdict besides the policy: the host, each certificate and each OCSP response, lengths included.
    /// </summary>
    internal readonly record struct Key(UInt128 Left, UInt128 Right)
    {
        public static Key Of(
            IReadOnlyList<ReadOnlyMemory<byte>> chain, IReadOnlyList<ReadOnlyMemory<byte>> ocspResponses, string targetHost)
        {
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            Append(hash, Encoding.UTF8.GetBytes(targetHost));
            Append(hash, chain);
            Append(hash, ocspResponses);
            Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
            hash.GetHashAndReset(digest);
            return new Key(BinaryPrimitives.ReadUInt128BigEndian(digest), BinaryPrimitives.ReadUInt128BigEndian(digest[16..]));
        }

        private static void Append(IncrementalHash hash, IReadOnlyList<ReadOnlyMemory<byte>> parts)
        {
            Span<byte> count = stackalloc byte[4];
            BinaryPrimitives.WriteInt32BigEndian(count, parts.Count);
            hash.AppendData(count);
            for (int i = 0; i < parts.Count; i++)
                Append(hash, parts[i].Span);
        }

        private static void Append(IncrementalHash hash, ReadOnlySpan<byte> part)
        {
            Span<byte> length = stackalloc byte[4];
            BinaryPrimitives.WriteInt32BigEndian(length, part.Length);
            hash.AppendData(length);
            hash.AppendData(part);
        }
    }
}
