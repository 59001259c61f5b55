using System.Buffers.Binary;
using System.Numerics;
using System.Security.Cryptography;

using SynHello.Tls;

namespace SynHello;

/// <summary>
/// A register in this process's memory, of a fixed size however many clients there are. It is for one process: two processes that
/// share ticket keys need a shared register, or scopes of their own. Refuses when its room is used up, and while the clock is
/// behind a time that it has shown before. Thread-safe.
/// </summary>
public sealed class StrikeRegister : ReplayRegister
{
    /// <summary>How many entries stand where an identifier may stand.</summary>
    private const int Ways = 8;

    private const int Locks = 64;
    private const int EntrySize = 24;

    /// <summary>Clocks that are compared are read at different moments, and rounded.</summary>
    private static readonly TimeSpan ClockTolerance = TimeSpan.FromSeconds(1);

    private readonly TlsCryptoProvider _provider;
    private readonly TimeProvider _timeProvider;
    private readonly byte[] _key = new byte[32];
    private readonly Entry[] _entries;
    private readonly Lock[] _locks;
    private readonly long _madeAt;
    private readonly long _madeAtUtc;
    private readonly TimeSpan _closedFor;
    private readonly long[] _verdicts = new long[(int)Verdict.Closed + 1];
    private long _latest;
    private bool _isOpen;

    /// <summary>
    /// Makes a register with a scope of its own, drawn at random. It is open at once: no ticket names it that is older than itself,
    /// and after a restart early data under the tickets of before is refused once.
    /// </summary>
    /// <param name="options">Its size and its clock; null for the defaults.</param>
    /// <exception cref="ArgumentOutOfRangeException">The capacity is out of its range.</exception>
    public StrikeRegister(StrikeRegisterOptions? options = null)
        : this(scope: null, TimeSpan.Zero, options)
    {
    }

    /// <summary>
    /// Makes a register with a given scope, for ticket keys that outlive the process. What a register of the same scope took before
    /// it, it does not know: so it is closed, and refuses all, until nothing is fresh any more that was so when it was made (RFC 8446
    /// section 8.2), which is twice the window, because a ClientHello is fresh before and after the moment that its age names.
    /// The clock must not go back between the two, and the one before must not be used any more.
    /// </summary>
    /// <param name="scope">The scope; the same as before the restart.</param>
    /// <param name="window">The window of all servers that gave out the tickets: <see cref="TlsServerResumption.EarlyDataWindow"/>.</param>
    /// <param name="options">Its size and its clock; null for the defaults.</param>
    /// <exception cref="ArgumentException">The scope is empty.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The capacity is out of its range, or the window is below a second or above an hour.</exception>
    public StrikeRegister(Guid scope, TimeSpan window, StrikeRegisterOptions? options = null)
        : this((Guid?)scope, ClosedFor(window), options)
    {
    }

    private StrikeRegister(Guid? scope, TimeSpan closedFor, StrikeRegisterOptions? options)
    {
        options ??= new StrikeRegisterOptions();
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Capacity, Ways, nameof(options));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.Capacity, 1 << 26, nameof(options));
        if (scope == Guid.Empty)
            throw new ArgumentException("An empty scope names no register.", nameof(scope));
        _provider = options.CryptoProvider;
        _timeProvider = options.TimeProvider;
        _provider.FillRandom(_key);
        Scope = scope ?? DrawScope();
        _entries = new Entry[BitOperations.RoundUpToPowerOf2((uint)options.Capacity)];
        _locks = new Lock[Locks];
        for (int i = 0; i < Locks; i++)
            _locks[i] = new Lock();
        _closedFor = closedFor;
        _isOpen = closedFor == TimeSpan.Zero;
        _madeAt = _timeProvider.GetTimestamp();
        _madeAtUtc = _timeProvider.GetUtcNow().UtcTicks;
        _latest = _madeAtUtc;
    }

    /// <inheritdoc/>
    public override Guid Scope { get; }

    /// <summary>How many ClientHellos can be remembered.</summary>
    public int Capacity => _entries.Length;

    /// <summary>What the entries take, in bytes; it does not grow.</summary>
    public long MemorySize => (long)_entries.Length * EntrySize;

    /// <summary>How many ClientHellos were registered.</summary>
    public long Accepted => Count(Verdict.Accepted);

    /// <summary>How many were refused, whyever.</summary>
    public long Refused => RefusedAsKnown + RefusedAsFull + RefusedAsStale + RefusedInDoubt + RefusedWhileClosed;

    /// <summary>How many were refused because they were known: replays, or duplicates that the network made.</summary>
    public long RefusedAsKnown => Count(Verdict.Known);

    /// <summary>How many were refused because there was no room: a sign that the capacity is too small.</summary>
    public long RefusedAsFull => Count(Verdict.Full);

    /// <summary>How many were refused because they were not fresh any more.</summary>
    public long RefusedAsStale => Count(Verdict.Stale);

    /// <summary>How many were refused because the clock was behind a time that it had shown before.</summary>
    public long RefusedInDoubt => Count(Verdict.InDoubt);

    /// <summary>How many were refused because something may be fresh that a register of this scope knew before this one was made.</summary>
    public long RefusedWhileClosed => Count(Verdict.Closed);

    /// <inheritdoc/>
    /// <remarks>Never waits: the answer is there at once.</remarks>
    /// <exception cref="ArgumentException">The identifier is empty.</exception>
    public override ValueTask<bool> TryRegisterAsync(
        ReadOnlyMemory<byte> identifier,
        DateTimeOffset freshUntil,
        CancellationToken cancellationToken = default)
    {
        if (identifier.IsEmpty)
            throw new ArgumentException("The identifier is empty: it would be everybody's.", nameof(identifier));
        cancellationToken.ThrowIfCancellationRequested();
        Verdict verdict = Judge(identifier.Span, freshUntil.UtcTicks);
        Interlocked.Increment(ref _verdicts[(int)verdict]);
        return ValueTask.FromResult(verdict == Verdict.Accepted);
    }

    private Verdict Judge(ReadOnlySpan<byte> identifier, long freshUntil)
    {
        // Under a key that nobody knows, so that nobody can fill the one place where another's identifier has to stand.
        Span<byte> digest = stackalloc byte[32];
        _provider.Hmac(HashAlgorithmName.SHA256, _key, identifier, digest);
        (ulong high, ulong low) = (BinaryPrimitives.ReadUInt64LittleEndian(digest), BinaryPrimitives.ReadUInt64LittleEndian(digest[8..]));
        uint bucket = BinaryPrimitives.ReadUInt32LittleEndian(digest[16..]) & (uint)((_entries.Length / Ways) - 1);
        Span<Entry> ways = _entries.AsSpan((int)bucket * Ways, Ways);
        lock (_locks[bucket % Locks])
        {
            // The clock is read with the lock held: an entry that was given up for its age was so by a clock that this one
            // is not behind, so the same identifier is refused as stale then.
            if (!TryReadClock(out long now))
                return Verdict.InDoubt;
            if (freshUntil <= now)
                return Verdict.Stale;
            if (!IsOpen())
                return Verdict.Closed;
            int free = -1;
            for (int i = 0; i < ways.Length; i++)
            {
                if (ways[i].KeptUntil <= now)
                    free = i;
                else if (ways[i].High == high && ways[i].Low == low)
                    return Verdict.Known;
            }

            if (free < 0)
                return Verdict.Full;
            ways[free] = new Entry(high, low, Math.Min(freshUntil, long.MaxValue - ClockTolerance.Ticks) + ClockTolerance.Ticks);
            return Verdict.Accepted;
        }
    }

    /// <summary>Reads the highest time that the clock has ever shown, in ticks of UTC.</summary>
    /// <returns>False when the clock is behind it by more than rounding explains: what was forgotten may be fresh again.</returns>
    private bool TryReadClock(out long now)
    {
        long read = _timeProvider.GetUtcNow().UtcTicks;
        long latest = Volatile.Read(ref _latest);
        while (read > latest)
        {
            long seen = Interlocked.CompareExchange(ref _latest, read, latest);
            if (seen == latest)
                latest = read;
            else
                latest = seen;
        }

        now = latest;
        return read >= latest - ClockTolerance.Ticks;
    }

    private bool IsOpen()
    {
        // By both clocks: the time of day may be set while the register is closed and nobody asks, and it is what decides
        // whether something is fresh.
        if (!Volatile.Read(ref _isOpen)
            && _timeProvider.GetElapsedTime(_madeAt) > _closedFor
            && _timeProvider.GetUtcNow().UtcTicks - _madeAtUtc > _closedFor.Ticks)
        {
            Volatile.Write(ref _isOpen, true);
        }

        return Volatile.Read(ref _isOpen);
    }

    private long Count(Verdict verdict) => Volatile.Read(ref _verdicts[(int)verdict]);

    private Guid DrawScope()
    {
        Span<byte> drawn = stackalloc byte[16];
        _provider.FillRandom(drawn);
        return new Guid(drawn);
    }

    private static TimeSpan ClosedFor(TimeSpan window)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(window, TimeSpan.FromSeconds(1));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(window, TimeSpan.FromHours(1));
        return (2 * window) + ClockTolerance;
    }

    private enum Verdict
    {
        Accepted,
        Known,
        Full,
        Stale,
        InDoubt,
        Closed,
    }

    /// <param name="High">Half of 128 bits of the identifier's digest.</param>
    /// <param name="Low">The other half.</param>
    /// <param name="KeptUntil">Ticks of UTC; what has passed is free.</param>
    private readonly record struct Entry(ulong High, ulong Low, long KeptUntil);
}
