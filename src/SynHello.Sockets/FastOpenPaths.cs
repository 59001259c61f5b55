using System.Net;
using System.Net.Sockets;

namespace SynHello.Sockets;

/// <summary>
/// What Fast Open did on the paths that were used: between which local network and which address it was taken, ignored
/// or lost, and until when such a path is left alone. Linux itself remembers none of it. Safe to use from any thread;
/// dialers and clients can share one.
/// </summary>
/// <remarks>
/// A path where a SYN with Fast Open was lost gets plain connections for a minute, and for twice as long each time that
/// it happens again, a day at most; then one connection tries once more. Where data without a cookie was ignored, which
/// loses no time, cookies are asked for meanwhile. A connection that works ends it. The local network is told by the
/// local address (RFC 8305 section 5.2 does as much), over IPv6 by its first 64 bits, because hosts change the others.
/// </remarks>
public sealed class FastOpenPaths
{
    private const int DefaultCapacity = 4096;

    // A machine that wanders through more networks than this within a back-off learns anew.
    private const int MostNetworks = 4;

    private readonly Lock _lock = new();
    private readonly Dictionary<IPAddress, LinkedListNode<Destination>> _destinations = [];
    private readonly LinkedList<Destination> _byUse = new();
    private readonly int _capacity;
    private readonly TimeProvider _clock;

    /// <summary>Makes an empty memory.</summary>
    /// <param name="capacity">How many addresses are remembered; the least recently used go.</param>
    /// <param name="timeProvider">The clock; null for the system's.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="capacity"/> is not positive.</exception>
    public FastOpenPaths(int capacity = DefaultCapacity, TimeProvider? timeProvider = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(capacity);
        _capacity = capacity;
        _clock = timeProvider ?? TimeProvider.System;
    }

    /// <summary>How many addresses are remembered.</summary>
    public int Count
    {
        get
        {
            lock (_lock) return _destinations.Count;
        }
    }

    /// <summary>Says what is remembered of a path.</summary>
    /// <param name="remote">The address that was dialed.</param>
    /// <param name="local">The local address that was dialed from.</param>
    /// <param name="path">What is remembered.</param>
    /// <returns>False when that is nothing.</returns>
    /// <exception cref="ArgumentNullException">An address is null.</exception>
    public bool TryGet(IPAddress remote, IPAddress local, out FastOpenPath path)
    {
        ArgumentNullException.ThrowIfNull(remote);
        ArgumentNullException.ThrowIfNull(local);
        lock (_lock)
        {
            PathMemory? memory = Find(Unmapped(remote))?.Find(NetworkOf(local));
            path = memory is null ? default : Describe(memory);
            return memory is not null;
        }
    }

    /// <summary>Forgets everything.</summary>
    public void Clear()
    {
        lock (_lock)
        {
            _destinations.Clear();
            _byUse.Clear();
        }
    }

    /// <summary>What to ask of Fast Open towards an address now.</summary>
    internal FastOpenMode Advise(IPAddress remote, FastOpenMode wanted)
    {
        if (wanted == FastOpenMode.Off) return wanted;

        lock (_lock)
        {
            if (Find(remote) is not { IsTroubled: true }) return wanted;
        }

        // Only now is it worth asking which network the connection will start from.
        if (SourceAddress.Towards(remote) is not { } local) return wanted;

        lock (_lock)
        {
            if (Find(remote)?.Find(NetworkOf(local)) is not { } memory) return wanted;
            if (!memory.Losses.MayTry(_clock)) return FastOpenMode.Off;
            return wanted == FastOpenMode.Cookieless && !memory.Refusals.MayTry(_clock) ? FastOpenMode.Cookie : wanted;
        }
    }

    /// <summary>The round trip of a path; null when none is known.</summary>
    internal TimeSpan? RoundTrip(IPAddress remote, IPAddress local)
    {
        lock (_lock)
        {
            TimeSpan known = Find(remote)?.Find(NetworkOf(local))?.RoundTrip ?? TimeSpan.Zero;
            return known > TimeSpan.Zero ? known : null;
        }
    }

    /// <summary>A connection is established.</summary>
    /// <param name="remote">The address that was dialed.</param>
    /// <param name="local">The local address.</param>
    /// <param name="roundTrip">The handshake's round trip; zero when none was measured.</param>
    /// <param name="isRefused">Whether data without a cookie was not taken, as the SYN-ACK tells it.</param>
    /// <param name="use">What the connection asked of the path.</param>
    /// <returns>Whether the path has carried that before, on a connection that worked.</returns>
    internal bool NoteEstablished(
        IPAddress remote, IPAddress local, TimeSpan roundTrip, bool isRefused, FastOpenUse use)
    {
        lock (_lock)
        {
            PathMemory memory = FindOrAdd(remote, local);
            if (roundTrip > TimeSpan.Zero) memory.Sample(roundTrip);
            if (isRefused) memory.Refusals.Fail(_clock);
            return use <= memory.Carried;
        }
    }

    /// <summary>The peer has sent something on a connection that used Fast Open: the path carries it.</summary>
    internal void NoteAnswered(IPAddress remote, IPAddress local, FastOpenOutcome outcome)
    {
        // Of a SYN that went once more and without data nothing is learned.
        FastOpenUse carried = outcome switch
        {
            FastOpenOutcome.Cookie or FastOpenOutcome.Cookieless or FastOpenOutcome.Ignored => FastOpenUse.Data,
            FastOpenOutcome.CookieRequested => FastOpenUse.Option,
            _ => FastOpenUse.None,
        };
        lock (_lock)
        {
            PathMemory memory = FindOrAdd(remote, local);
            if (carried > memory.Carried) memory.Carried = carried;
            if (carried == FastOpenUse.Data) memory.Losses.Reset();
            if (outcome == FastOpenOutcome.Cookieless) memory.Refusals.Reset();
        }
    }

    /// <summary>Fast Open failed on a path.</summary>
    /// <returns>Until when the path is left alone.</returns>
    internal DateTimeOffset NoteLost(IPAddress remote, IPAddress local)
    {
        lock (_lock)
        {
            PathMemory memory = FindOrAdd(remote, local);
            memory.Carried = FastOpenUse.None;
            memory.Losses.Fail(_clock);
            return TimeOf(memory.Losses.Until);
        }
    }

    private static IPAddress Unmapped(IPAddress address) =>
        address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;

    private static IPAddress NetworkOf(IPAddress local)
    {
        local = Unmapped(local);
        if (local.AddressFamily != AddressFamily.InterNetworkV6) return local;

        Span<byte> bytes = stackalloc byte[16];
        local.TryWriteBytes(bytes, out _);
        bytes[8..].Clear();
        return new IPAddress(bytes, local.ScopeId);
    }

    private Destination? Find(IPAddress remote)
    {
        if (!_destinations.TryGetValue(remote, out LinkedListNode<Destination>? node)) return null;

        if (node != _byUse.First)
        {
            _byUse.Remove(node);
            _byUse.AddFirst(node);
        }

        return node.Value;
    }

    private PathMemory FindOrAdd(IPAddress remote, IPAddress local)
    {
        Destination? destination = Find(remote);
        if (destination is null)
        {
            if (_destinations.Count == _capacity && _byUse.Last is { } last)
            {
                _destinations.Remove(last.Value.Address);
                _byUse.RemoveLast();
            }

            destination = new Destination(remote);
            _destinations.Add(remote, _byUse.AddFirst(destination));
        }

        IPAddress network = NetworkOf(local);
        return destination.Find(network) ?? destination.Add(network);
    }

    private FastOpenPath Describe(PathMemory memory)
    {
        (FastOpenPathState state, BackOff pause) = memory switch
        {
            { Losses: { Failures: > 0 } losses } => (FastOpenPathState.Blackholed, losses),
            { Refusals: { Failures: > 0 } refusals } => (FastOpenPathState.Ignored, refusals),
            { Carried: FastOpenUse.Data } => (FastOpenPathState.Taken, default),
            _ => (FastOpenPathState.Unknown, default(BackOff)),
        };
        return new FastOpenPath
        {
            State = state,
            Failures = pause.Failures,
            LeftAloneUntil = pause.Until > _clock.GetTimestamp() ? TimeOf(pause.Until) : null,
            RoundTrip = memory.RoundTrip > TimeSpan.Zero ? memory.RoundTrip : null,
        };
    }

    private DateTimeOffset TimeOf(long timestamp) =>
        _clock.GetUtcNow() + _clock.GetElapsedTime(_clock.GetTimestamp(), timestamp);

    /// <summary>An address, and what is remembered of it from each network: from one, as a rule.</summary>
    private sealed class Destination(IPAddress address)
    {
        private readonly List<PathMemory> _memories = new(1);

        public IPAddress Address { get; } = address;

        public bool IsTroubled =>
            _memories.Exists(static memory => memory.Losses.Failures + memory.Refusals.Failures > 0);

        public PathMemory? Find(IPAddress network) => _memories.Find(memory => memory.Network.Equals(network));

        public PathMemory Add(IPAddress network)
        {
            if (_memories.Count == MostNetworks) _memories.RemoveAt(0);
            var memory = new PathMemory(network);
            _memories.Add(memory);
            return memory;
        }
    }

    private sealed class PathMemory(IPAddress network)
    {
        /// <summary>Fast Open that was lost.</summary>
        public BackOff Losses;

        /// <summary>Data without a cookie that was not taken.</summary>
        public BackOff Refusals;

        public IPAddress Network { get; } = network;

        public FastOpenUse Carried { get; set; }

        public TimeSpan RoundTrip { get; private set; }

        public void Sample(TimeSpan roundTrip) =>
            RoundTrip = RoundTrip == TimeSpan.Zero ? roundTrip : ((7 * RoundTrip) + roundTrip) / 8;
    }
}
