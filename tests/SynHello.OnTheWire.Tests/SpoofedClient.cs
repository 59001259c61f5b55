using System.Buffers.Binary;
using System.Net;

using SynHello.Lab;

namespace SynHello.OnTheWire.Tests;

/// <summary>
/// A client that no kernel stands behind: it sends what the test says, from an address of the wire's network where
/// nobody answers, and sees every packet that goes there. That is what an attacker does who forges addresses; with
/// <see cref="Acknowledge"/> it is a client that owns its address and has all the time in the world. Thread-safe
/// towards the wire's thread, for one caller.
/// </summary>
internal sealed class SpoofedClient : IWireObserver, IDisposable
{
    private const byte MssOption = 2;
    private const byte WindowScaleOption = 3;
    private const byte TimeStampOption = 8;
    private const byte FastOpenOption = 34;
    private const int FirstPort = 12_000; // below the ports that the system hands out
    private const int FirstHost = 10;

    private static readonly TimeSpan _hung = TimeSpan.FromMinutes(1);
    private static int _ports = FirstPort;

    private readonly LongWire _wire;
    private readonly IPEndPoint _local; // as seen from this side, where the server has the address that is forged
    private readonly IPEndPoint _server;
    private readonly IDisposable _subscription;
    private readonly Lock _lock = new();
    private readonly List<WirePacket> _answers = [];
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private byte[] _syn = [];
    private uint _next;
    private uint _time = 1;

    /// <summary>Prepares a client; nothing is sent yet.</summary>
    /// <param name="wire">A wire of <see cref="StartWire"/>.</param>
    /// <param name="host">Tells its address from those of others, from 0.</param>
    /// <param name="serverPort">The server's port.</param>
    /// <param name="isV6">Whether it speaks IPv6.</param>
    public SpoofedClient(LongWire wire, int host, int serverPort = LongWire.Port, bool isV6 = false)
    {
        _wire = wire;
        IPAddress near = isV6 ? wire.Wire.LocalAddressV6! : wire.Wire.LocalAddress;
        byte[] address = near.GetAddressBytes();
        address[^1] = checked((byte)(FirstHost + host));
        Address = new IPAddress(address);
        Port = Interlocked.Increment(ref _ports);
        _local = new IPEndPoint(near, Port);
        _server = new IPEndPoint(Address, serverPort);
        _subscription = wire.Wire.Subscribe(this);
    }

    /// <summary>The forged address.</summary>
    public IPAddress Address { get; }

    /// <summary>The client's port; no other client has it.</summary>
    public int Port { get; }

    /// <summary>The largest segment that it says it takes.</summary>
    public int Mss { get; init; } = 1460;

    /// <summary>Whether the SYN has the options that are usual today; an old system's SYN has the MSS alone.</summary>
    public bool HasTimeStamps { get; init; } = true;

    /// <summary>What the Fast Open option holds: a cookie, or nothing to ask for one. Null sends no option.</summary>
    public byte[]? Cookie { get; init; }

    /// <summary>How much the SYN says that may be sent at first.</summary>
    public ushort Window { get; init; } = ushort.MaxValue;

    /// <summary>The sequence number of the SYN.</summary>
    public uint InitialSequence { get; init; } = 1_000_000;

    /// <summary>How many of the SYN's bytes the server has taken from it; its kernel says so.</summary>
    public int TakenBytes => (int)(SynAck.AcknowledgmentNumber() - InitialSequence - 1);

    /// <summary>The cookie that the server gave along with its last SYN-ACK; null when it gave none.</summary>
    public byte[]? GrantedCookie => SynAck.Option(FastOpenOption);

    /// <summary>What the last SYN carried.</summary>
    public byte[] SynPayload { get; private set; } = [];

    /// <summary>All that the server has sent to the address, whole packets, whoever was to get them.</summary>
    public IReadOnlyList<WirePacket> Answers
    {
        get
        {
            lock (_lock)
                return [.. _answers];
        }
    }

    /// <summary>How many bytes of IP packets that is.</summary>
    public int AnswerBytes => Answers.Sum(packet => packet.Bytes.Length);

    /// <summary>The last SYN-ACK.</summary>
    public WirePacket SynAck => Answers.Last(packet => packet.IsSynAck());

    /// <summary>The server's bytes in their order, up to the first gap.</summary>
    public byte[] Received
    {
        get
        {
            IReadOnlyList<WirePacket> answers = Answers;
            if (!answers.Any(packet => packet.IsSynAck()))
                return [];
            uint next = answers.First(packet => packet.IsSynAck()).SequenceNumber() + 1;
            var received = new MemoryStream();
            foreach (WirePacket packet in answers.OrderBy(packet => (int)(packet.SequenceNumber() - next)))
            {
                int known = (int)(next - packet.SequenceNumber());
                if (packet.IsSynAck() || known < 0 || known >= packet.PayloadLength())
                    continue;
                received.Write(packet.Payload().AsSpan(known));
                next += (uint)(packet.PayloadLength() - known);
            }

            return received.ToArray();
        }
    }

    /// <summary>
    /// A wire for spoofed clients. Whatever goes to their addresses is seen and gets lost; real clients have the first
    /// address of the far end, and get theirs.
    /// </summary>
    public static LongWire StartWire(Action<EmulatedWireOptions>? configure = null) => LongWire.Start(options =>
    {
        options.OneWayDelay = TimeSpan.FromMilliseconds(1);
        configure?.Invoke(options);
        Func<WirePacket, PacketVerdict>? rule = options.Rule;
        options.Rule = packet => packet.Direction == PacketDirection.ServerToClient && IsNobody(packet.ServerAddress())
            ? PacketVerdict.Drop
            : rule?.Invoke(packet) ?? PacketVerdict.Pass;
    });

    /// <summary>Gets a cookie for an address, from a listener that gives some.</summary>
    public static async Task<byte[]> GetCookieAsync(LongWire wire, int host, int serverPort = LongWire.Port)
    {
        using var client = new SpoofedClient(wire, host, serverPort) { Cookie = [] };
        client.SendSyn([]);
        await client.AnsweredAsync();
        client.Refuse();
        return client.GrantedCookie ?? throw new InvalidOperationException("There was no cookie.");
    }

    /// <summary>Opens with a SYN.</summary>
    public void SendSyn(ReadOnlySpan<byte> payload)
    {
        SynPayload = payload.ToArray();
        _next = InitialSequence + 1 + (uint)payload.Length;
        _syn = Make(TcpFlags.Syn, InitialSequence, 0, SynOptions(), payload);
        SendSynAgain();
    }

    /// <summary>Sends the same packet again, to the bit.</summary>
    public void SendSynAgain() => _wire.Wire.Inject(_syn, PacketDirection.ClientToServer);

    /// <summary>
    /// Acknowledges all that came so far: from now on the server knows that packets get here. What the SYN carried and
    /// the server did not take goes along, as every client's kernel sends it again.
    /// </summary>
    /// <param name="data">More data.</param>
    /// <param name="flags">More control bits.</param>
    public void Acknowledge(ReadOnlySpan<byte> data = default, TcpFlags flags = TcpFlags.None)
    {
        bool isFirst = _next == InitialSequence + 1 + SynPayload.Length;
        byte[] payload = isFirst ? [.. SynPayload.AsSpan(TakenBytes), .. data] : data.ToArray();
        uint sequence = isFirst ? InitialSequence + 1 + (uint)TakenBytes : _next;
        Send(TcpFlags.Ack | flags, sequence, AcknowledgedBytes(), payload);
        _next = sequence + (uint)payload.Length + (flags.HasFlag(TcpFlags.Fin) ? 1u : 0);
    }

    /// <summary>Acknowledges what comes, as often as something comes, until it is enough.</summary>
    public async Task AcknowledgeUntilAsync(Func<bool> isEnough)
    {
        while (true)
        {
            int seen = Answers.Count;
            if (isEnough())
                return;
            Acknowledge();
            await UntilAsync(client => client.Answers.Count > seen);
        }
    }

    /// <summary>Resets the connection, as somebody does who knows all that this end has sent.</summary>
    public void Reset() => Send(TcpFlags.Rst, _next, 0, []);

    /// <summary>
    /// Resets what a SYN has opened, as a kernel does that knows nothing of it (RFC 9293 section 3.10.7.1).
    /// </summary>
    public void Refuse() => Send(TcpFlags.Rst, SynAck.AcknowledgmentNumber(), 0, []);

    /// <summary>Waits until the server has acknowledged all that was sent.</summary>
    public Task AcknowledgedAsync() => UntilAsync(client => client.Answers.Any(
        packet => packet.Flags().HasFlag(TcpFlags.Ack) && packet.AcknowledgmentNumber() == _next));

    /// <summary>Waits until something is true of what came.</summary>
    public async Task UntilAsync(Func<SpoofedClient, bool> condition)
    {
        while (true)
        {
            Task changed;
            lock (_lock)
                changed = _changed.Task;
            if (condition(this))
                return;
            await changed.WaitAsync(_hung);
        }
    }

    /// <summary>Waits until the server has answered the SYN so often.</summary>
    public Task AnsweredAsync(int count = 1) =>
        UntilAsync(client => client.Answers.Count(packet => packet.IsSynAck()) >= count);

    /// <summary>Waits until the server has said that it sends nothing more.</summary>
    public Task EndedAsync() =>
        UntilAsync(client => client.Answers.Any(packet => packet.Flags().HasFlag(TcpFlags.Fin)));

    public void Dispose() => _subscription.Dispose();

    void IWireObserver.OnSent(in WirePacket packet)
    {
        if (packet.Direction != PacketDirection.ServerToClient || packet.ClientPort() != Port
            || !packet.ServerAddress().Equals(Address))
            return;
        lock (_lock)
        {
            _answers.Add(packet.Copy());
            _changed.TrySetResult();
            _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    private static bool IsNobody(IPAddress address) => address.GetAddressBytes()[^1] >= FirstHost;

    private uint AcknowledgedBytes()
    {
        uint next = SynAck.SequenceNumber() + 1 + (uint)Received.Length;
        return Answers.Any(packet => packet.Flags().HasFlag(TcpFlags.Fin)
            && packet.SequenceNumber() + packet.PayloadLength() == next) ? next + 1 : next;
    }

    private void Send(TcpFlags flags, uint sequence, uint acknowledgment, ReadOnlySpan<byte> payload)
    {
        byte[] packet = Make(flags, sequence, acknowledgment, HasTimeStamps ? TimeStamps() : [], payload);
        _wire.Wire.Inject(packet, PacketDirection.ClientToServer);
    }

    private byte[] Make(
        TcpFlags flags, uint sequence, uint acknowledgment, ReadOnlySpan<byte> options, ReadOnlySpan<byte> payload) =>
        ForgedSegment.Create(_local, _server, flags, sequence, acknowledgment, Window, options, payload);

    private byte[] SynOptions()
    {
        byte[] mss = [MssOption, 4, (byte)(Mss >> 8), (byte)Mss];
        byte[] fastOpen = Cookie is null ? [] : [FastOpenOption, (byte)(2 + Cookie.Length), .. Cookie];
        return HasTimeStamps ? [.. mss, WindowScaleOption, 3, 7, .. TimeStamps(), .. fastOpen] : [.. mss, .. fastOpen];
    }

    private byte[] TimeStamps()
    {
        byte[] option = [TimeStampOption, 10, .. new byte[8]];
        BinaryPrimitives.WriteUInt32BigEndian(option.AsSpan(2), _time++);
        if (Answers.LastOrDefault(packet => packet.Option(TimeStampOption) is not null) is { Bytes.Length: > 0 } last)
            last.Option(TimeStampOption)!.AsSpan(0, 4).CopyTo(option.AsSpan(6));
        return option;
    }
}
