using System.Diagnostics;
using System.Net;
using System.Numerics;

namespace SynHello.Lab;

/// <summary>
/// A long wire in this machine: a TUN device in a private network namespace that gives every packet back to this
/// machine after a one-way delay, with source and destination changed places. A server listens on
/// <see cref="LocalAddress"/>, a client dials <see cref="RemoteAddress"/>, and the far end of that address is the
/// server. What runs over it is the kernel's own TCP.
/// </summary>
/// <remarks>
/// Packets are carried by one thread, with real-time priority where the system grants it: a packet is never delivered
/// early, and is late by the time that the system takes to wake that thread. Packets with equal delay keep their order.
/// Members may be called from any thread. A namespace may hold several wires, each with a network of its own.
/// </remarks>
public sealed class EmulatedWire : IDisposable, IAsyncDisposable
{
    private readonly WireLoop _loop;
    private int _disposed;

    private EmulatedWire(WireLoop loop, IPAddress local, IPAddress remote, IPAddress? localV6, IPAddress? remoteV6)
    {
        _loop = loop;
        LocalAddress = local;
        RemoteAddress = remote;
        LocalAddressV6 = localV6;
        RemoteAddressV6 = remoteV6;
    }

    /// <summary>This machine's address on the wire: servers listen here, and clients dial from here.</summary>
    public IPAddress LocalAddress { get; }

    /// <summary>The far end's first address: clients dial it.</summary>
    public IPAddress RemoteAddress { get; }

    /// <summary>This machine's IPv6 address on the wire; null on a wire without IPv6.</summary>
    public IPAddress? LocalAddressV6 { get; }

    /// <summary>The far end's first IPv6 address; null on a wire without IPv6.</summary>
    public IPAddress? RemoteAddressV6 { get; }

    /// <summary>The name of the wire's network interface.</summary>
    public string InterfaceName => _loop.InterfaceName;

    /// <summary>The time of day at which the wire started: time zero of its packets.</summary>
    public DateTimeOffset StartedAt => _loop.StartedAt;

    /// <summary>The time since the wire started, on the clock that stamps its packets.</summary>
    public TimeSpan Elapsed => _loop.ToWireTime(Stopwatch.GetTimestamp());

    /// <summary>
    /// Completes when the wire was disposed; fails when it ended before, because its device failed or because an
    /// observer or the rule threw.
    /// </summary>
    public Task Completion => _loop.Completion;

    /// <summary>Creates the wire's device in the current network namespace and starts to carry packets.</summary>
    /// <param name="options">What kind of wire; null for 28 ms each way and no impairment.</param>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    /// <exception cref="InvalidOperationException">
    /// This process is not in a private network namespace: see <see cref="NetworkNamespace.ReExecute"/>.
    /// </exception>
    /// <exception cref="IOException">
    /// The device could not be created or configured: see <see cref="NetworkNamespace.Probe"/>.
    /// </exception>
    public static EmulatedWire Start(EmulatedWireOptions? options = null)
    {
        options = (options ?? new EmulatedWireOptions()).CloneValidated();
        NetworkNamespace.ThrowIfNotPrivate();

        IPAddress local = HostAddress(options.Network, 1);
        IPAddress? localV6 = options.NetworkV6 is { } network ? HostAddress(network, 1) : null;
        var device = TunDevice.Create(options, local, localV6);
        return new EmulatedWire(
            WireLoop.Start(device, options),
            local,
            HostAddress(options.Network, 2),
            localV6,
            options.NetworkV6 is { } networkV6 ? HostAddress(networkV6, 2) : null);
    }

    /// <summary>Shows the packets from now on to an observer.</summary>
    /// <param name="observer">The observer.</param>
    /// <returns>
    /// What ends the observation when it is disposed. A call to the observer that is under way then may still complete.
    /// </returns>
    public IDisposable Subscribe(IWireObserver observer)
    {
        ArgumentNullException.ThrowIfNull(observer);
        return _loop.Subscribe(observer);
    }

    /// <summary>
    /// Puts a packet onto the wire as if one of the ends had sent it at this moment: what an attacker on the path does
    /// with a packet that was recorded before. It is observed, impaired, judged by the rule and delayed like any other.
    /// </summary>
    /// <remarks>
    /// A client's SYN that is sent again as it was meets the connection that the first one opened, as long as that
    /// lives. <see cref="WirePacket.WithSourcePort"/> makes it the SYN of another connection, with the same data and
    /// the same Fast Open cookie, which depends on the addresses alone.
    /// <para>
    /// Nobody waits for the answer. This machine resets a connection it did not open, just as the owner of a forged
    /// address would, and what was opened by Fast Open and then reset counts against the listener's Fast Open queue for
    /// another minute. Where that is in the way, drop the client's segments with the RST flag by a
    /// <see cref="EmulatedWireOptions.Rule"/>, or make that queue longer than the number of packets.
    /// </para>
    /// </remarks>
    /// <param name="packet">
    /// A whole IP packet with right checksums, at most as long as the MTU and addressed as the client sees it (see
    /// <see cref="WirePacket"/>), such as <see cref="WirePacket.Bytes"/> of a <see cref="PacketRecorder"/>. It is
    /// copied.
    /// </param>
    /// <param name="direction">Whose packet it is.</param>
    /// <exception cref="ArgumentException">
    /// This is no IP packet, is too long, or its server is not at this wire's far end.
    /// </exception>
    /// <exception cref="ArgumentOutOfRangeException">There is no such direction.</exception>
    /// <exception cref="InvalidOperationException">The wire has ended: see <see cref="Completion"/>.</exception>
    /// <exception cref="ObjectDisposedException">The wire was disposed.</exception>
    public void Inject(ReadOnlySpan<byte> packet, PacketDirection direction)
    {
        if (!Enum.IsDefined(direction))
            throw new ArgumentOutOfRangeException(nameof(direction), direction, "No such direction.");
        ObjectDisposedException.ThrowIf(_disposed != 0, this);
        _loop.Inject(packet, direction);
    }

    /// <summary>Translates a <see cref="Stopwatch"/> timestamp into the time since the wire started.</summary>
    /// <param name="timestamp">A value of <see cref="Stopwatch.GetTimestamp"/>.</param>
    public TimeSpan ToWireTime(long timestamp) => _loop.ToWireTime(timestamp);

    /// <summary>Ends the wire: packets in flight are lost, and its network interface goes.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
            _loop.Dispose();
    }

    /// <summary>Ends the wire: packets in flight are lost, and its network interface goes.</summary>
    public async ValueTask DisposeAsync()
    {
        Dispose();

        // Why it ended is Completion's to tell; that it has ended is all that counts here.
        await Completion.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private static IPAddress HostAddress(IPNetwork network, byte host)
    {
        byte[] address = network.BaseAddress.GetAddressBytes();
        Debug.Assert(BitOperations.PopCount(address[^1] & 3u) == 0, "The shortest host part has two bits.");
        address[^1] += host;
        return new IPAddress(address);
    }
}
