using System.Buffers.Binary;
using System.Security.Cryptography;

namespace SynHello;

/// <summary>
/// What was found out about certificates, for as long as it holds; who asks while somebody else is asking waits for the same answer.
/// Bounded. Thread-safe.
/// </summary>
internal sealed class RevocationCache(TimeProvider timeProvider)
{
    /// <summary>How many answers are kept.</summary>
    public const int Capacity = 512;

    /// <summary>For how long nobody is asked again after nothing was found out: a responder that is down must not slow down each handshake.</summary>
    public static readonly TimeSpan FailureLifetime = TimeSpan.FromSeconds(30);

    /// <summary>For how long an answer is believed at the most, whatever it says of itself: some say years.</summary>
    public static readonly TimeSpan LongestLifetime = TimeSpan.FromDays(1);

    private readonly Lock _lock = new();
    private readonly Dictionary<Key, Entry> _entries = [];

    /// <summary>How many answers are kept at the moment, those included that do not hold any more.</summary>
    internal int Count
    {
        get
        {
            lock (_lock)
                return _entries.Count;
        }
    }

    /// <summary>What was found out; null when nobody has asked, or it does not hold any more.</summary>
    public RevocationVerdict? Find(in Key key)
    {
        lock (_lock)
            return _entries.TryGetValue(key, out Entry? entry) && entry.Verdict is { } verdict && Holds(entry) ? verdict : null;
    }

    /// <summary>Remembers what was found out.</summary>
    public void Add(in Key key, RevocationVerdict verdict)
    {
        var entry = new Entry(Task.FromResult(verdict));
        lock (_lock)
        {
            MakeRoom();
            Complete(entry, verdict);
            _entries[key] = entry;
        }
    }

    /// <summary>What was found out, or what asking brings.</summary>
    /// <param name="key">What is asked about.</param>
    /// <param name="ask">Asks; runs on a thread of the pool, and does not end because one of those who wait gives up.</param>
    public Task<RevocationVerdict> GetOrAskAsync(in Key key, Func<Task<RevocationVerdict>> ask)
    {
        lock (_lock)
        {
            if (_entries.TryGetValue(key, out Entry? known) && (known.Verdict is null ? !known.Answer.IsCompleted : Holds(known)))
                return known.Answer;
            MakeRoom();
            Entry? asked = null;
            asked = new Entry(Task.Run(AskAsync));
            _entries[key] = asked;
            return asked.Answer;

            async Task<RevocationVerdict> AskAsync()
            {
                RevocationVerdict verdict = await ask().ConfigureAwait(false);
                lock (_lock) // which is held until the entry is there
                    Complete(asked!, verdict);
                return verdict;
            }
        }
    }

    private void Complete(Entry entry, RevocationVerdict verdict)
    {
        entry.Verdict = verdict;
        entry.Timestamp = timeProvider.GetTimestamp();
        TimeSpan left = verdict.Status == RevocationStatus.Unproven
            ? FailureLifetime
            : verdict.Until - timeProvider.GetUtcNow();
        entry.Lifetime = left < LongestLifetime ? left : LongestLifetime;
    }

    // Two clocks: one that is set back must not make an answer hold for longer.
    private bool Holds(Entry entry)
    {
        RevocationVerdict verdict = entry.Verdict!;
        return timeProvider.GetElapsedTime(entry.Timestamp) < entry.Lifetime
            && (verdict.Status == RevocationStatus.Unproven || timeProvider.GetUtcNow() < verdict.Until);
    }

    private void MakeRoom()
    {
        if (_entries.Count < Capacity)
            return;
        foreach ((Key key, Entry entry) in _entries)
        {
            if (entry.Verdict is null ? entry.Answer.IsCompleted : !Holds(entry))
                _entries.Remove(key);
        }

        // All still hold: a crowd of certificates must not make each addition slow. Who waits for an answer gets it all the same.
        if (_entries.Count >= Capacity)
            _entries.Clear();
    }

    /// <summary>SHA-256 over what is asked about, lengths included.</summary>
    internal readonly record struct Key(UInt128 Left, UInt128 Right)
    {
        /// <param name="kind">What kind of question it is.</param>
        /// <param name="certificates">The DER of the certificate, and of those that the answer depends on.</param>
        /// <param name="staple">The response that came with it, if that is the question.</param>
        public static Key Of(RevocationMode kind, IEnumerable<ReadOnlyMemory<byte>> certificates, ReadOnlySpan<byte> staple = default)
        {
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            hash.AppendData([(byte)kind]);
            Append(hash, staple);
            foreach (ReadOnlyMemory<byte> certificate in certificates)
                Append(hash, certificate.Span);
            Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
            hash.GetHashAndReset(digest);
            return new Key(BinaryPrimitives.ReadUInt128BigEndian(digest), BinaryPrimitives.ReadUInt128BigEndian(digest[16..]));
        }

        private static void Append(IncrementalHash hash, ReadOnlySpan<byte> part)
        {
            Span<byte> length = stackalloc byte[4];
            BinaryPrimitives.WriteInt32BigEndian(length, part.Length);
            hash.AppendData(length);
            hash.AppendData(part);
        }
    }

    private sealed class Entry(Task<RevocationVerdict> answer)
    {
        public Task<RevocationVerdict> Answer { get; } = answer;

        public RevocationVerdict? Verdict { get; set; }

        public long Timestamp { get; set; }

        public TimeSpan Lifetime { get; set; }
    }
}
