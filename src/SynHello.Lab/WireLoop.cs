using System.Diagnostics;
using System.Net;
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
    private readonly Lock _subscribing = new();
    private volatile IWireObserver[] _observers = [];
    private long _sequence;
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

    public void Dispose()
    {
        _stopping = true;
        ulong one = 1;
        _ = Libc.Write(_wakeUp, (byte*)&one, sizeof(ulong));
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

    // Decides about a packet that was just read. False when it does not enter the queue.
    private bool TryAccept(PacketInFlight packet)
    {
        // Multicast and the like is not addressed to the far end: it is not on the wire at all.
        if (!IpPacket.TryParse(packet.Bytes, out IpPacket parsed) || !IsForFarEnd(parsed))
            return false;

        packet.Sequence = ++_sequence;
        packet.Direction = _flows.Classify(parsed);
        bool isSynData = parsed.IsSyn && !parsed.Payload.IsEmpty;
        if (packet.Direction == PacketDirection.ServerToClient)
            AddressSwap.Apply(packet.Bytes);
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
        return _options.Rule is null ? Send(packet, delay) : Judge(packet, delay, _options.Rule);
    }

    private bool Judge(PacketInFlight packet, TimeSpan delay, Func<WirePacket, PacketVerdict> rule)
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

        if (verdict.IsDuplicate && !_queue.IsFull)
        {
            PacketInFlight duplicate = _queue.Rent();
            packet.CopyTo(duplicate);
            Send(duplicate, delay + verdict.ExtraDelay);
            return Send(packet, delay);
        }

        return Send(packet, delay + verdict.ExtraDelay);
    }

    private bool Send(PacketInFlight packet, TimeSpan delay)
    {
        _queue.Enqueue(packet, packet.SentAt + ToTimestampTicks(delay));
        return true;
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

        // An interrupted call counts as a wake-up.
        _ = Libc.Poll(descriptors, 2, timeoutPointer, null);
    }

    private bool IsForFarEnd(in IpPacket packet)
    {
        IPNetwork? network = packet.IsV6 ? _options.NetworkV6 : _options.Network;
        return network is { } known && FarEnd.Contains(known, packet.Destination);
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
