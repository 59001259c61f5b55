using System.Runtime.InteropServices;
using System.Security.Cryptography;

using SynHello.Tls;
using SynHello.Wire;

namespace SynHello;

/// <summary>
/// Seals session tickets with AES-256-GCM under a key that changes every few hours, and opens those of older keys until the last
/// of their tickets has expired. The first key is drawn when the ring is made, so there is never a ticket under a key that somebody
/// could know; secrets are cleared with their keys. Rings can share keys: see <see cref="Export"/> and <see cref="Import"/>.
/// Thread-safe; sealing and opening take no lock but when a key is due to change.
/// </summary>
/// <remarks>
/// Whoever gets hold of a key can resume the sessions of its tickets and read the early data that was sent with them, also what was
/// recorded before: early data is as secret as these keys, no more (RFC 8446 section 8, appendix E.5).
/// </remarks>
public sealed class SessionTicketKeyRing : SessionTicketProtector
{
    private const int HeaderLength = SessionTicketKey.NameLength + Aead.NonceLength;

    private readonly Lock _lock = new();
    private readonly TlsCryptoProvider _provider;
    private readonly TimeProvider _timeProvider;
    private readonly TimeSpan _rotationInterval;
    private readonly TimeSpan _ticketLifetime;
    private readonly long _maximumTickets;
    private readonly int _maximumKeys;

    /// <summary>Replaced as a whole under <see cref="_lock"/>; what it holds never changes.</summary>
    private volatile Keys _keys;

    /// <summary>Makes a ring with a key of its own.</summary>
    /// <param name="options">How it changes its keys; null for the defaults.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    /// <exception cref="NotSupportedException">The provider has no AES-256-GCM.</exception>
    public SessionTicketKeyRing(SessionTicketKeyRingOptions? options = null)
    {
        options ??= new SessionTicketKeyRingOptions();
        if (options.RotationInterval != Timeout.InfiniteTimeSpan && options.RotationInterval < TimeSpan.FromSeconds(1))
            throw new ArgumentOutOfRangeException(nameof(options), options.RotationInterval, "A key is used for a second at least.");
        ArgumentOutOfRangeException.ThrowIfLessThan(options.TicketLifetime, TimeSpan.FromSeconds(1), nameof(options));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.TicketLifetime, TlsServerResumption.LongestLifetime, nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MaximumKeys, 1, nameof(options));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.MaximumKeys, 1024, nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MaximumTicketsPerKey, 1, nameof(options));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.MaximumTicketsPerKey, 1L << 32, nameof(options));
        _provider = options.CryptoProvider;
        if (!_provider.CipherSuites.Contains(CipherSuite.TlsAes256GcmSha384))
            throw new NotSupportedException("The provider has no AES-256-GCM, which tickets are sealed with.");
        _timeProvider = options.TimeProvider;
        _rotationInterval = options.RotationInterval;
        _ticketLifetime = options.TicketLifetime;
        _maximumKeys = options.MaximumKeys;
        _maximumTickets = options.MaximumTicketsPerKey;
        _keys = new Keys([new Slot(Draw(), long.MaxValue)]);
    }

    /// <inheritdoc/>
    public override int MaximumOverhead => HeaderLength + Aead.TagLength;

    /// <summary>How many keys there are: the one that seals and those that only open.</summary>
    public int Count
    {
        get
        {
            Tend();
            return _keys.Slots.Length;
        }
    }

    /// <summary>The keys as they are, the one that seals first.</summary>
    internal TicketKey[] Entries => Array.ConvertAll(_keys.Slots, slot => slot.Key);

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">There is not room enough.</exception>
    public override int Seal(ReadOnlySpan<byte> content, Span<byte> ticket)
    {
        int length = content.Length + MaximumOverhead;
        if (ticket.Length < length)
            throw new ArgumentException($"The ticket needs {length} bytes.", nameof(ticket));
        Span<byte> secret = stackalloc byte[SessionTicketKey.SecretLength];
        TicketKey key = TakeCurrent(secret);
        using Aead aead = CreateAead(secret);
        Span<byte> name = ticket[..SessionTicketKey.NameLength];
        Span<byte> nonce = ticket[SessionTicketKey.NameLength..HeaderLength];
        MemoryMarshal.Write(name, key.Name);
        _provider.FillRandom(nonce);
        aead.Seal(nonce, name, content, ticket[HeaderLength..length]);
        return length;
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">There is not room enough.</exception>
    public override bool TryOpen(ReadOnlySpan<byte> ticket, Span<byte> content, out int length)
    {
        length = 0;
        int contentLength = ticket.Length - MaximumOverhead;
        if (contentLength < 0)
            return false;
        if (content.Length < contentLength)
            throw new ArgumentException($"The content needs {contentLength} bytes.", nameof(content));
        ReadOnlySpan<byte> name = ticket[..SessionTicketKey.NameLength];
        Tend();
        Span<byte> secret = stackalloc byte[SessionTicketKey.SecretLength];
        if (_keys.Find(MemoryMarshal.Read<UInt128>(name)) is not { } key || !key.TryCopySecret(secret))
            return false;
        using Aead aead = CreateAead(secret);
        ReadOnlySpan<byte> nonce = ticket[SessionTicketKey.NameLength..HeaderLength];
        if (!aead.TryOpen(nonce, name, ticket[HeaderLength..], content[..contentLength]))
            return false;
        length = contentLength;
        return true;
    }

    /// <summary>Draws a new key to seal with from now on. The keys so far open their tickets until those have expired.</summary>
    public void Rotate()
    {
        lock (_lock)
        {
            DropExpired();
            ReplaceCurrent(Draw(), _keys.Slots);
        }
    }

    /// <summary>Copies of all keys, to be given to other rings: the one that seals first. The caller disposes of them.</summary>
    public IReadOnlyList<SessionTicketKey> Export()
    {
        Tend();
        lock (_lock) // while it is held, no key is cleared
            return [.. Array.ConvertAll(_keys.Slots, slot => slot.Key.Export())];
    }

    /// <summary>
    /// Takes over a copy of a key of another ring. Where several servers share keys, each has to be able to open a key's tickets
    /// before any of them seals with it: give it to all of them with <paramref name="makeCurrent"/> false first, then with true.
    /// </summary>
    /// <param name="key">The key.</param>
    /// <param name="makeCurrent">
    /// Whether tickets are sealed with it from now on; until it is as old as <see cref="SessionTicketKeyRingOptions.RotationInterval"/>,
    /// counted from <see cref="SessionTicketKey.CreatedAt"/>. Otherwise it opens tickets only, for as long as another ring with the
    /// same options may have given out such that are valid; for good if keys do not change by themselves.
    /// </param>
    /// <returns>
    /// False when it was not taken: it is too old for any of its tickets to be valid, or would be the first to give way to the others
    /// (<see cref="SessionTicketKeyRingOptions.MaximumKeys"/>).
    /// </returns>
    /// <exception cref="ArgumentException">There is a key of that name with another secret.</exception>
    /// <exception cref="ObjectDisposedException">The key was disposed of.</exception>
    public bool Import(SessionTicketKey key, bool makeCurrent)
    {
        ArgumentNullException.ThrowIfNull(key);
        lock (_lock)
        {
            DropExpired();
            Slot[] slots = _keys.Slots;
            UInt128 name = MemoryMarshal.Read<UInt128>(key.Name.Span);
            int index = Array.FindIndex(slots, slot => slot.Key.Name == name);
            if (index >= 0 && !slots[index].Key.HasSecretOf(key))
                throw new ArgumentException("There is a key of that name with another secret.", nameof(key));
            if (index == 0)
                return true;
            TimeSpan age = _timeProvider.GetUtcNow() - key.CreatedAt;
            if (age < TimeSpan.Zero)
                age = TimeSpan.Zero;
            long now = _timeProvider.GetTimestamp();
            long rotateAt = Add(now, _rotationInterval, less: age);
            long expiresAt = Add(rotateAt, _ticketLifetime);
            if (expiresAt <= now)
                return false;
            TicketKey taken;
            if (index < 0)
            {
                taken = new TicketKey(key, rotateAt);
            }
            else
            {
                taken = slots[index].Key;
                expiresAt = Math.Max(expiresAt, slots[index].ExpiresAt);
                slots = [.. slots[..index], .. slots[(index + 1)..]];
            }

            if (makeCurrent)
                ReplaceCurrent(taken, slots);
            else
                Replace([slots[0], new Slot(taken, expiresAt), .. slots[1..]]);
            return _keys.Find(name) == taken;
        }
    }

    /// <summary>Forgets a key at once, one that became known for instance: none of its tickets opens any more.</summary>
    /// <param name="name">Its name. If it is the one that seals, a new one is drawn.</param>
    /// <returns>False when there is none of that name.</returns>
    public bool Remove(ReadOnlySpan<byte> name)
    {
        if (name.Length != SessionTicketKey.NameLength)
            return false;
        var wanted = MemoryMarshal.Read<UInt128>(name);
        lock (_lock)
        {
            int index = Array.FindIndex(_keys.Slots, slot => slot.Key.Name == wanted);
            if (index < 0)
                return false;
            TicketKey removed = _keys.Slots[index].Key;
            if (index == 0)
                Replace([new Slot(Draw(), long.MaxValue), .. _keys.Slots[1..]]);
            else
                Replace([.. _keys.Slots[..index], .. _keys.Slots[(index + 1)..]]);
            removed.Clear();
            return true;
        }
    }

    /// <summary>The key to seal with, counted, and its secret.</summary>
    private TicketKey TakeCurrent(Span<byte> secret)
    {
        while (true)
        {
            Tend();
            TicketKey key = _keys.Slots[0].Key;
            if (!key.TryCount(_maximumTickets))
                ReplaceWorn(key);
            else if (key.TryCopySecret(secret))
                return key;
        }
    }

    private Aead CreateAead(Span<byte> secret)
    {
        try
        {
            return _provider.CreateAead(CipherSuite.TlsAes256GcmSha384, secret);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(secret);
        }
    }

    private void ReplaceWorn(TicketKey worn)
    {
        lock (_lock)
        {
            if (_keys.Slots[0].Key == worn)
                ReplaceCurrent(Draw(), _keys.Slots);
        }
    }

    /// <summary>Does what is due: a new key when the current one is old enough, and old ones go.</summary>
    private void Tend()
    {
        if (_timeProvider.GetTimestamp() < _keys.NextDue)
            return;
        lock (_lock)
        {
            if (_timeProvider.GetTimestamp() >= _keys.Slots[0].Key.RotateAt)
                ReplaceCurrent(Draw(), _keys.Slots);
            DropExpired();
        }
    }

    private TicketKey Draw()
    {
        Span<byte> drawn = stackalloc byte[SessionTicketKey.NameLength + SessionTicketKey.SecretLength];
        _provider.FillRandom(drawn);
        using var key = new SessionTicketKey(
            drawn[..SessionTicketKey.NameLength], drawn[SessionTicketKey.NameLength..], _timeProvider.GetUtcNow());
        CryptographicOperations.ZeroMemory(drawn);
        return new TicketKey(key, Add(_timeProvider.GetTimestamp(), _rotationInterval));
    }

    /// <summary>Puts a key in front. To be called with <see cref="_lock"/> held, as what follows.</summary>
    private void ReplaceCurrent(TicketKey key, Slot[] slots)
    {
        // Nothing was sealed with the one before since its time was up, even if that was long ago.
        TicketKey last = slots[0].Key;
        long expiresAt = Add(Math.Min(_timeProvider.GetTimestamp(), last.RotateAt), _ticketLifetime);
        Replace([new Slot(key, long.MaxValue), new Slot(last, expiresAt), .. slots[1..]]);
    }

    private void DropExpired()
    {
        long now = _timeProvider.GetTimestamp();
        Slot[] slots = _keys.Slots;
        if (Array.TrueForAll(slots, slot => slot.ExpiresAt > now))
            return;
        Replace(Array.FindAll(slots, slot => slot.ExpiresAt > now));
        foreach (Slot slot in slots)
        {
            if (slot.ExpiresAt <= now)
                slot.Key.Clear();
        }
    }

    private void Replace(Slot[] slots)
    {
        TicketKey? surplus = null;
        if (slots.Length > _maximumKeys)
        {
            int first = slots.Length - 1;
            for (int i = first; i > 0; i--)
            {
                if (slots[i].ExpiresAt < slots[first].ExpiresAt)
                    first = i;
            }

            surplus = slots[first].Key;
            slots = [.. slots[..first], .. slots[(first + 1)..]];
        }

        _keys = new Keys(slots);
        surplus?.Clear();
    }

    /// <summary>A moment of the clock some time after another one; the end of time when there is no end.</summary>
    private long Add(long timestamp, TimeSpan time, TimeSpan less = default)
    {
        if (time == Timeout.InfiniteTimeSpan || timestamp == long.MaxValue)
            return long.MaxValue;
        double ticks = (time - less).TotalSeconds * _timeProvider.TimestampFrequency;
        return ticks >= long.MaxValue - timestamp ? long.MaxValue : timestamp + (long)ticks;
    }

    private readonly record struct Slot(TicketKey Key, long ExpiresAt);

    /// <summary>The keys at a time, the one that seals first.</summary>
    private sealed class Keys
    {
        public Keys(Slot[] slots)
        {
            Slots = slots;
            NextDue = slots[0].Key.RotateAt;
            foreach (Slot slot in slots)
                NextDue = Math.Min(NextDue, slot.ExpiresAt);
        }

        public Slot[] Slots { get; }

        /// <summary>When there is something to do, as a timestamp.</summary>
        public long NextDue { get; }

        public TicketKey? Find(UInt128 name)
        {
            foreach (ref readonly Slot slot in Slots.AsSpan())
            {
                if (slot.Key.Name == name)
                    return slot.Key;
            }

            return null;
        }
    }
}
