using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace SynHello.Lab;

/// <summary>The thread of an <see cref="EmulatedWire"/>: reads, stamps, decides, waits, delivers.</summary>
internal sealed unsafe class WireLoop : IDisposable
{
    private const ulong LossKind = 1;
    private const ulong ReorderKind = 2;

    private readonly TunDevice _device;
    private readonly EmulatedWireOptions _options;
    private readonly FlightQueue _queue;
    private readonly FlowTable _flows = new();
    private readonly SeededChance _loss;
    private readonly SeededChance _reordering;
    private readonly SafeFileHandle _wakeUp;
    private readonly Thread _thread;
    private readonly TaskCompletionSource _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly long _startedAt = Stopwatch.GetTimestamp();
    private readonly ConcurrentQueue<InjectedPacket> _injected = new();
    private readonly Lock _subscribing = new();
    private volatile IWireObserver[] _observers = [];
    private long _sequence;
    private long _freeToServer;
    private long _freeToClient;
    private volatile bool _stopping;

    private WireLoop(TunDevice device, EmulatedWireOptions options)
    {
        _device = device;
        _options = options;
        _queue = new FlightQueue(options.Mtu, options.MaxInFlight);
        _loss = new SeededChance(options.Seed, LossKind, options.Loss);
        _reordering = new SeededChance(options.Seed, ReorderKind, options.ReorderProbability);
        int descriptor = Libc.EventDescriptor(0, Libc.NonBlocking | Libc.CloseOnExec);
        if (descriptor < 0)
            throw Libc.Failure("Could not create an event descriptor");
        _wakeUp = new SafeFileHandle(descriptor, ownsHandle: true);
        _thread = new Thread(Run) { IsBackground = true, Name = $"SynHello {device.Name}" };
    }

    public string InterfaceName => _device.Name;

    public DateTimeOffset StartedAt { get; } = TimeProvider.System.GetUtcNow();

    public Task Completion => _completion.Task;

    public static WireLoop Start(TunDevice device, EmulatedWireOptions options)
    {
        try
        {
            var loop = new WireLoop(device, options);
            loop._thread.Start();
            return loop;
        }
        catch
        {
            device.Dispose();
            throw;
        }
    }

    public TimeSpan ToWireTime(long timestamp) => Stopwatch.GetElapsedTime(_startedAt, timestamp);

    public IDisposable Subscribe(IWireObserver observer)
    {
        var subscription = new Subscription(this, observer);
        lock (_subscribing)
            _observers = [.. _observers, subscription];
        return subscription;
    }

    /// <summary>Hands the thread a packet as if one of the ends had sent it, seen from the client.</summary>
    public void Inject(ReadOnlySpan<byte> bytes, PacketDirection direction)
    {
        if (!IpPacket.TryParse(bytes, out IpPacket packet))
            throw new ArgumentException("This is not a whole IPv4 or IPv6 packet.", nameof(bytes));
        if (bytes.Length > _options.Mtu)
            throw new ArgumentException($"The packet has {bytes.Length} bytes, more than the MTU.", nameof(bytes));
        if (!IsFarEnd(packet, direction == PacketDirection.ClientToServer ? packet.Destination : packet.Source))
            throw new ArgumentException("The packet's server is not at the far end of this wire.", nameof(bytes));
        if (_completion.Task.IsCompleted)
            throw new InvalidOperationException("The wire has ended.", _completion.Task.Exception?.InnerException);
        _injected.Enqueue(new InjectedPacket(bytes.ToArray(), direction));
        WakeUp();
    }

    public void Dispose()
    {
        _stopping = true;
        WakeUp();
        if (Thread.CurrentThread == _thread)
            return;
        _thread.Join();
        _wakeUp.Dispose();
    }

    private void Run()
    {
        try
        {
            WireThread.Sharpen();
            while (!_stopping)
            {
                // Reading comes first and after each delivery, because a packet's time starts when it is read.
                ReadAll();
                EnterInjected();
                if (_queue.TryDequeueDue(Stopwatch.GetTimestamp(), out PacketInFlight? packet))
                    Deliver(packet);
                else
                    Wait();
            }

            _device.Dispose();
            _completion.SetResult();
        }
#pragma warning disable CA1031 // Whatever ended the wire is handed to whoever looks at its completion.
        catch (Exception e)
#pragma warning restore CA1031
        {
            _device.Dispose();
            _completion.SetException(e);
        }
    }

    private void ReadAll()
    {
        while (!_stopping)
        {
            PacketInFlight packet = _queue.Rent();
            packet.Length = _device.Read(packet.Buffer);
            packet.SentAt = Stopwatch.GetTimestamp();
            if (packet.Length == 0)
            {
                _queue.Return(packet);
                return;
            }

            if (!TryAccept(packet))
                _queue.Return(packet);
        }
    }

    // Takes up a packet that was just read. False when it does not enter the queue.
    private bool TryAccept(PacketInFlight packet)
    {
        // Multicast and the like is not addressed to the far end: it is not on the wire at all.
        if (!IpPacket.TryParse(packet.Bytes, out IpPacket parsed) || !IsFarEnd(parsed, parsed.Destination))
            return false;

        packet.Direction = _flows.Classify(parsed);
        if (packet.Direction == PacketDirection.ServerToClient)
            AddressSwap.Apply(packet.Bytes);
        return Enter(packet, parsed);
    }

    private void EnterInjected()
    {
        while (!_stopping && _injected.TryDequeue(out InjectedPacket injected))
        {
            PacketInFlight packet = _queue.Rent();
            injected.Bytes.CopyTo(packet.Buffer, 0);
            packet.Length = injected.Bytes.Length;
            packet.SentAt = Stopwatch.GetTimestamp();
            packet.Direction = injected.Direction;

            // The flow is learned from the packet as its sender would have written it, for the answers' sake.
            bool isTurned = injected.Direction == PacketDirection.ServerToClient;
            if (isTurned)
                AddressSwap.Apply(packet.Bytes);
            bool isPacket = IpPacket.TryParse(packet.Bytes, out IpPacket parsed);
            Debug.Assert(isPacket, "It was checked when it was handed in.");
            _flows.Classify(parsed);
            if (isTurned)
                AddressSwap.Apply(packet.Bytes);
            if (!Enter(packet, parsed))
                _queue.Return(packet);
        }
    }

    // Decides about a packet, seen from the client. False when it does not enter the queue.
    private bool Enter(PacketInFlight packet, in IpPacket parsed)
    {
        packet.Sequence = ++_sequence;
        bool isSynData = parsed.IsSyn && !parsed.Payload.IsEmpty;
        TimeSpan? again = parsed.IsSyn && !parsed.IsSynAck ? _options.DuplicateSynAfter : null;
        NotifySent(packet);

        if (_queue.IsFull)
            return Drop(packet, DropReason.QueueFull);
        if (_options.DropSynData && isSynData)
            return Drop(packet, DropReason.SynData);
        if (_loss.Happens(packet.Sequence))
            return Drop(packet, DropReason.Loss);
        if (_options.StripFastOpenOption)
            FastOpenOption.Strip(packet.Bytes);

        TimeSpan delay = _options.OneWayDelay;
        if (_reordering.Happens(packet.Sequence))
            delay += _options.ReorderDelay;
        return _options.Rule is null ? Send(packet, delay, again) : Judge(packet, delay, again, _options.Rule);
    }

    private bool Judge(
        PacketInFlight packet, TimeSpan delay, TimeSpan? again, Func<WirePacket, PacketVerdict> rule)
    {
        PacketVerdict verdict = rule(Describe(packet));
        if (verdict.IsDrop)
            return Drop(packet, DropReason.Rule);
        if (verdict.Replacement is { } replacement)
        {
            if (replacement.Length > packet.Buffer.Length)
                throw new InvalidOperationException(
                    $"The rule replaced a packet by one of {replacement.Length} bytes, more than the MTU.");
            packet.Length = replacement.Length;
            replacement.Span.CopyTo(packet.Buffer);
        }

        return verdict.IsDuplicate
            ? Send(packet, delay, verdict.ExtraDelay)
            : Send(packet, delay + verdict.ExtraDelay, again);
    }

    // Puts the packet into the queue, and a second time when it is to be delivered again.
    private bool Send(PacketInFlight packet, TimeSpan delay, TimeSpan? again)
    {
        long dueAt = Depart(packet) + ToTimestampTicks(delay);
        _queue.Enqueue(packet, dueAt);
        if (again is { } apart && !_queue.IsFull)
        {
            PacketInFlight duplicate = _queue.Rent();
            packet.CopyTo(duplicate);
            _queue.Enqueue(duplicate, dueAt + ToTimestampTicks(apart));
        }

        return true;
    }

    // When the packet's last bit is on the wire.
    private long Depart(PacketInFlight packet)
    {
        if (_options.BitsPerSecond is not { } rate)
            return packet.SentAt;
        ref long free = ref packet.Direction == PacketDirection.ClientToServer ? ref _freeToServer : ref _freeToClient;
        free = Math.Max(free, packet.SentAt) + (packet.Length * 8 * Stopwatch.Frequency / rate);
        return free;
    }

    private bool Drop(PacketInFlight packet, DropReason reason)
    {
        WirePacket described = Describe(packet) with { DropReason = reason };
        foreach (IWireObserver observer in _observers)
            observer.OnDropped(described);
        return false;
    }

    private void NotifySent(PacketInFlight packet)
    {
        WirePacket described = Describe(packet);
        foreach (IWireObserver observer in _observers)
            observer.OnSent(described);
    }

    private void Deliver(PacketInFlight packet)
    {
        // Observers come first: when an application has a packet's bytes, the packet has been seen.
        WirePacket described = Describe(packet) with { DeliveredAt = ToWireTime(Stopwatch.GetTimestamp()) };
        foreach (IWireObserver observer in _observers)
            observer.OnDelivered(described);

        // The client's packets were kept as it sent them; the server's were turned when they were read.
        if (packet.Direction == PacketDirection.ClientToServer)
            AddressSwap.Apply(packet.Bytes);
        _device.Write(packet.Buffer, packet.Length);
        _queue.Return(packet);
    }

    // Until a packet is due, one can be read, or the wire is to end.
    private void Wait()
    {
        Libc.PollDescriptor* descriptors = stackalloc Libc.PollDescriptor[2];
        descriptors[0] = new Libc.PollDescriptor { Descriptor = _device.Descriptor, Events = Libc.PollIn };
        descriptors[1] = new Libc.PollDescriptor
        {
            Descriptor = (int)_wakeUp.DangerousGetHandle(),
            Events = Libc.PollIn,
        };
        Libc.TimeSpecification timeout = default;
        Libc.TimeSpecification* timeoutPointer = null;
        if (_queue.NextDueAt is { } dueAt)
        {
            long ticks = dueAt - Stopwatch.GetTimestamp();
            if (ticks <= 0)
                return;
            timeout.Seconds = (nint)(ticks / Stopwatch.Frequency);
            timeout.Nanoseconds = (nint)(ticks % Stopwatch.Frequency * (1_000_000_000 / Stopwatch.Frequency));
            timeoutPointer = &timeout;
        }

        // An interrupted call counts as a wake-up. Reading the event resets it.
        _ = Libc.Poll(descriptors, 2, timeoutPointer, null);
        if ((descriptors[1].Returned & Libc.PollIn) == 0)
            return;
        ulong count;
        _ = Libc.Read(_wakeUp, (byte*)&count, sizeof(ulong));
    }

    private void WakeUp()
    {
        ulong one = 1;
        _ = Libc.Write(_wakeUp, (byte*)&one, sizeof(ulong));
    }

    private bool IsFarEnd(in IpPacket packet, ReadOnlySpan<byte> address)
    {
        IPNetwork? network = packet.IsV6 ? _options.NetworkV6 : _options.Network;
        return network is { } known && FarEnd.Contains(known, address);
    }

    private WirePacket Describe(PacketInFlight packet) => new(
        packet.Sequence,
        packet.Direction,
        ToWireTime(packet.SentAt),
        DeliveredAt: null,
        packet.Buffer.AsMemory(0, packet.Length),
        DropReason: null);

    private static long ToTimestampTicks(TimeSpan time) =>
        (long)(time.Ticks * ((double)Stopwatch.Frequency / TimeSpan.TicksPerSecond));

    [StructLayout(LayoutKind.Auto)]
    private readonly record struct InjectedPacket(byte[] Bytes, PacketDirection Direction);

    private sealed class Subscription(WireLoop loop, IWireObserver observer) : IDisposable, IWireObserver
    {
        public void Dispose()
        {
            lock (loop._subscribing)
                loop._observers = [.. loop._observers.Where(other => other != this)];
        }

        public void OnSent(in WirePacket packet) => observer.OnSent(packet);

        public void OnDelivered(in WirePacket packet) => observer.OnDelivered(packet);

        public void OnDropped(in WirePacket packet) => observer.OnDropped(packet);
    }
}
