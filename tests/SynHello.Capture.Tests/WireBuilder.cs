using System.Buffers.Binary;
using System.Net;

namespace SynHello.Capture.Tests;

/// <summary>
/// Builds the packets of one connection over a wire with a fixed delay each way. Sequence and acknowledgement
/// numbers follow from what was sent and delivered before, unless a test says otherwise.
/// </summary>
internal sealed class WireBuilder(double crossingMs = 28, bool isIPv6 = false)
{
    private const int Mss = 1400;
    private readonly List<Sent> _sent = [];
    private uint _clientNext = 0xFFFF_FF00; // wraps early, as it may
    private uint _serverNext = 5000;

    public IReadOnlyList<CapturedPacket> Packets => _sent.ConvertAll(sent => sent.Packet);

    public double CrossingMs => crossingMs;

    public uint ClientNext => _clientNext;

    public uint ServerNext => _serverNext;

    public RoundTripLedger Ledger(RoundTripLedgerOptions? options = null) => RoundTripLedger.Read(Packets, options);

    public WireBuilder Syn(double at, byte[]? payload = null, byte[]? options = null, bool lost = false, int taken = int.MaxValue)
    {
        payload ??= [];
        uint number = _clientNext;
        Add(at, isClient: true, TcpFlags.Syn, number, payload, options, lost);
        _clientNext = number + 1 + (uint)Math.Min(payload.Length, taken);
        return this;
    }

    /// <summary>The client's SYN again, without data.</summary>
    public WireBuilder SynAgain(double at, uint number)
    {
        Add(at, isClient: true, TcpFlags.Syn, number, [], null, lost: false);
        return this;
    }

    public WireBuilder SynAck(double at, byte[]? options = null)
    {
        Add(at, isClient: false, TcpFlags.Syn | TcpFlags.Ack, _serverNext++, [], options, lost: false);
        return this;
    }

    /// <summary>Data of the client in as many segments as it takes, all at once.</summary>
    public WireBuilder Client(double at, params byte[][] parts) => Data(at, isClient: true, lost: false, parts);

    /// <summary>Data of the server in as many segments as it takes, all at once.</summary>
    public WireBuilder Server(double at, params byte[][] parts) => Data(at, isClient: false, lost: false, parts);

    public WireBuilder LostFromClient(double at, params byte[][] parts) => Data(at, isClient: true, lost: true, parts);

    public WireBuilder LostFromServer(double at, params byte[][] parts) => Data(at, isClient: false, lost: true, parts);

    public WireBuilder ClientAck(double at) => Raw(at, isClient: true, TcpFlags.Ack, _clientNext, []);

    public WireBuilder ServerAck(double at) => Raw(at, isClient: false, TcpFlags.Ack, _serverNext, []);

    public WireBuilder Raw(double at, bool isClient, TcpFlags flags, uint number, byte[] payload, double? deliveredAt = null)
    {
        Add(at, isClient, flags, number, payload, null, lost: false, deliveredAt);
        return this;
    }

    public static byte[] Packet(
        bool isClient, TcpFlags flags, uint number, uint acknowledgment, byte[] payload, byte[]? options = null, bool isIPv6 = false)
    {
        options ??= [];
        int tcpHeader = 20 + options.Length;
        int ipHeader = isIPv6 ? 40 : 20;
        byte[] packet = new byte[ipHeader + tcpHeader + payload.Length];
        if (isIPv6)
        {
            packet[0] = 0x60;
            BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(4), (ushort)(tcpHeader + payload.Length));
            packet[6] = 6;
            packet[7] = 64;
            byte[] client = IPAddress.Parse("fd00::1").GetAddressBytes();
            byte[] server = IPAddress.Parse("fd00::2").GetAddressBytes();
            (isClient ? client : server).CopyTo(packet, 8);
            (isClient ? server : client).CopyTo(packet, 24);
        }
        else
        {
            packet[0] = 0x45;
            BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(2), (ushort)packet.Length);
            packet[8] = 64;
            packet[9] = 6;
            new byte[] { 10, 0, 0, isClient ? (byte)1 : (byte)2 }.CopyTo(packet, 12);
            new byte[] { 10, 0, 0, isClient ? (byte)2 : (byte)1 }.CopyTo(packet, 16);
        }

        var tcp = packet.AsSpan(ipHeader);
        BinaryPrimitives.WriteUInt16BigEndian(tcp, isClient ? (ushort)40000 : (ushort)443);
        BinaryPrimitives.WriteUInt16BigEndian(tcp[2..], isClient ? (ushort)443 : (ushort)40000);
        BinaryPrimitives.WriteUInt32BigEndian(tcp[4..], number);
        BinaryPrimitives.WriteUInt32BigEndian(tcp[8..], acknowledgment);
        tcp[12] = (byte)(tcpHeader / 4 << 4);
        tcp[13] = (byte)flags;
        BinaryPrimitives.WriteUInt16BigEndian(tcp[14..], 64240);
        options.CopyTo(tcp[20..]);
        payload.CopyTo(tcp[tcpHeader..]);
        return packet;
    }

    private WireBuilder Data(double at, bool isClient, bool lost, byte[][] parts)
    {
        byte[] bytes = [.. parts.SelectMany(part => part)];
        foreach (byte[] segment in bytes.Chunk(Mss))
        {
            uint number = isClient ? _clientNext : _serverNext;
            Add(at, isClient, TcpFlags.Ack | TcpFlags.Psh, number, segment, null, lost);
            if (isClient)
                _clientNext += (uint)segment.Length;
            else
                _serverNext += (uint)segment.Length;
        }

        return this;
    }

    private void Add(
        double at, bool isClient, TcpFlags flags, uint number, byte[] payload, byte[]? options, bool lost, double? deliveredAt = null)
    {
        double arrives = deliveredAt ?? at + crossingMs;
        uint acknowledgment = flags.HasFlag(TcpFlags.Ack) ? NextExpected(at, isClient) : 0;
        byte[] packet = Packet(isClient, flags, number, acknowledgment, payload, options, isIPv6);
        uint end = number + (uint)payload.Length + (flags.HasFlag(TcpFlags.Syn) ? 1u : 0u);
        if (flags.HasFlag(TcpFlags.Syn) && isClient)
            end = number + 1; // corrected by the next packet's number, which knows what was taken
        var captured = new CapturedPacket(
            TimeSpan.FromMilliseconds(at),
            lost ? null : TimeSpan.FromMilliseconds(arrives),
            isClient ? PacketDirection.ClientToServer : PacketDirection.ServerToClient,
            packet);
        _sent.Add(new Sent(captured, isClient, arrives, lost, number, end, flags.HasFlag(TcpFlags.Syn)));
    }

    // The end of what arrived without a gap. A SYN's data counts as far as ClientNext says that it was taken.
    private uint NextExpected(double at, bool isClient)
    {
        var arrived = _sent.Where(s => s.IsClient != isClient && !s.IsLost && s.ArrivesAt <= at).ToList();
        var syn = arrived.Find(s => s.IsSyn);
        if (syn is null)
            return arrived.Count == 0 ? 0 : arrived[^1].End;
        uint next = syn.End;
        if (!isClient)
            next = _sent.Where(s => s.IsClient && !s.IsSyn).Select(s => s.Number).DefaultIfEmpty(_clientNext).First();
        for (bool moved = true; moved;)
        {
            moved = false;
            foreach (var sent in arrived)
            {
                if ((int)(sent.Number - next) <= 0 && (int)(sent.End - next) > 0)
                    (next, moved) = (sent.End, true);
            }
        }

        return next;
    }

    private sealed record Sent(
        CapturedPacket Packet, bool IsClient, double ArrivesAt, bool IsLost, uint Number, uint End, bool IsSyn);
}
