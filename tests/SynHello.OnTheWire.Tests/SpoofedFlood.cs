using System.Buffers.Binary;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace SynHello.OnTheWire.Tests;

/// <summary>
/// SYNs that carry a ClientHello, each from another address of a network where nobody answers, and from another port with
/// another sequence number. They have no Fast Open option: whoever takes them asks for no cookie. All of them go to one
/// address of this machine, over loopback.
/// </summary>
internal sealed class SpoofedFlood
{
    private const int IpHeader = 20;
    private const int TcpHeader = 40; // with options
    private const byte Tcp = 6;
    private const int SourceOffset = 12;
    private const int Hosts = 240;
    private const int Networks = 200;
    private const int FirstNetwork = 16;
    private const int FirstPort = 1024;

    private static readonly TimeSpan _tick = TimeSpan.FromMilliseconds(2);

    private readonly byte[] _packet;
    private readonly IPEndPoint _target;

    /// <summary>Prepares it.</summary>
    /// <param name="target">Whom it hits: an address of this machine.</param>
    /// <param name="hello">What each SYN carries.</param>
    public SpoofedFlood(IPEndPoint target, ReadOnlySpan<byte> hello)
    {
        _target = target;
        _packet = new byte[IpHeader + TcpHeader + hello.Length];
        _packet[0] = 0x45;
        _packet[8] = 64; // hops
        _packet[9] = Tcp;
        VoidNetwork.Network.BaseAddress.TryWriteBytes(_packet.AsSpan(SourceOffset), out _);
        target.Address.TryWriteBytes(_packet.AsSpan(16), out _);
        BinaryPrimitives.WriteUInt16BigEndian(_packet.AsSpan(2), (ushort)_packet.Length);

        Span<byte> tcp = _packet.AsSpan(IpHeader);
        BinaryPrimitives.WriteUInt16BigEndian(tcp[2..], (ushort)target.Port);
        tcp[12] = TcpHeader / 4 << 4;
        tcp[13] = 0x02; // SYN
        BinaryPrimitives.WriteUInt16BigEndian(tcp[14..], 64_240); // the window

        // MSS 1460, SACK permitted, time stamp, no operation, window scale 7.
        byte[] options = [2, 4, 5, 0xB4, 4, 2, 8, 10, 0, 0, 0, 1, 0, 0, 0, 0, 1, 3, 3, 7];
        options.CopyTo(tcp[20..]);
        hello.CopyTo(tcp[TcpHeader..]);
    }

    /// <summary>Sends so many, and so many a second.</summary>
    /// <returns>How long it took.</returns>
    public async Task<TimeSpan> SendAsync(int count, int rate, CancellationToken cancellationToken)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Raw, ProtocolType.Raw);
        using var timer = new PeriodicTimer(_tick);
        long start = Stopwatch.GetTimestamp();
        for (int sent = 0; sent < count;)
        {
            await timer.WaitForNextTickAsync(cancellationToken);
            int due = Math.Min(count, (int)(Stopwatch.GetElapsedTime(start).TotalSeconds * rate));
            for (; sent < due; sent++)
                socket.SendTo(Next(sent), _target);
        }

        return Stopwatch.GetElapsedTime(start);
    }

    private byte[] Next(int number)
    {
        Span<byte> packet = _packet;
        packet[SourceOffset + 2] = (byte)(FirstNetwork + (number / Hosts % Networks));
        packet[SourceOffset + 3] = (byte)(1 + (number % Hosts));
        Span<byte> tcp = packet[IpHeader..];
        BinaryPrimitives.WriteUInt16BigEndian(tcp, (ushort)(FirstPort + (number % 60_000)));
        BinaryPrimitives.WriteUInt32BigEndian(tcp[4..], (uint)number * 2_654_435_761); // spreads them

        packet[10..12].Clear(); // checksums, RFC 791 section 3.1 and RFC 9293 section 3.1
        BinaryPrimitives.WriteUInt16BigEndian(packet[10..], Fold(Sum(packet[..IpHeader])));
        tcp[16..18].Clear();
        uint pseudoHeader = Sum(packet.Slice(SourceOffset, 8)) + Tcp + (uint)tcp.Length;
        BinaryPrimitives.WriteUInt16BigEndian(tcp[16..], Fold(pseudoHeader + Sum(tcp)));
        return _packet;
    }

    private static uint Sum(ReadOnlySpan<byte> bytes)
    {
        uint sum = 0;
        for (; bytes.Length > 1; bytes = bytes[2..])
            sum += BinaryPrimitives.ReadUInt16BigEndian(bytes);
        return bytes.IsEmpty ? sum : sum + ((uint)bytes[0] << 8);
    }

    private static ushort Fold(uint sum)
    {
        while (sum > ushort.MaxValue)
            sum = (sum & ushort.MaxValue) + (sum >> 16);
        return (ushort)~sum;
    }
}
