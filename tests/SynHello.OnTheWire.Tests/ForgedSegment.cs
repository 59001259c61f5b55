using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace SynHello.OnTheWire.Tests;

/// <summary>
/// TCP segments in IP packets, made byte by byte, as someone makes them who has no kernel to do it and owns no address.
/// </summary>
internal static class ForgedSegment
{
    private const byte Tcp = 6;
    private const byte HopLimit = 64;
    private const int TcpHeader = 20;
    private const ushort DontFragment = 0x4000;

    /// <summary>Makes a packet with right checksums.</summary>
    /// <param name="source">Who is to have sent it.</param>
    /// <param name="destination">Whom it goes to; of the same address family.</param>
    /// <param name="flags">The control bits.</param>
    /// <param name="sequence">The sequence number.</param>
    /// <param name="acknowledgment">The acknowledgment number.</param>
    /// <param name="window">The window's field.</param>
    /// <param name="options">TCP's options; filled up to a multiple of four with no-operations.</param>
    /// <param name="payload">The payload.</param>
    public static byte[] Create(
        IPEndPoint source,
        IPEndPoint destination,
        TcpFlags flags,
        uint sequence,
        uint acknowledgment,
        ushort window,
        ReadOnlySpan<byte> options,
        ReadOnlySpan<byte> payload)
    {
        bool isV6 = source.AddressFamily == AddressFamily.InterNetworkV6;
        int header = isV6 ? 40 : 20;
        int optionsLength = (options.Length + 3) / 4 * 4;
        byte[] packet = new byte[header + TcpHeader + optionsLength + payload.Length];
        Span<byte> tcp = packet.AsSpan(header);
        BinaryPrimitives.WriteUInt16BigEndian(tcp, (ushort)source.Port);
        BinaryPrimitives.WriteUInt16BigEndian(tcp[2..], (ushort)destination.Port);
        BinaryPrimitives.WriteUInt32BigEndian(tcp[4..], sequence);
        BinaryPrimitives.WriteUInt32BigEndian(tcp[8..], acknowledgment);
        tcp[12] = (byte)((TcpHeader + optionsLength) / 4 << 4);
        tcp[13] = (byte)flags;
        BinaryPrimitives.WriteUInt16BigEndian(tcp[14..], window);
        tcp.Slice(TcpHeader, optionsLength).Fill(1);
        options.CopyTo(tcp[TcpHeader..]);
        payload.CopyTo(tcp[(TcpHeader + optionsLength)..]);

        byte[] addresses = [.. source.Address.GetAddressBytes(), .. destination.Address.GetAddressBytes()];
        addresses.CopyTo(packet, header - addresses.Length);
        BinaryPrimitives.WriteUInt16BigEndian(tcp[16..], Fold(Sum(addresses) + Tcp + (uint)tcp.Length + Sum(tcp)));
        if (isV6)
            WriteHeaderV6(packet, tcp.Length);
        else
            WriteHeaderV4(packet);
        return packet;
    }

    // RFC 8200 section 3.
    private static void WriteHeaderV6(Span<byte> packet, int length)
    {
        packet[0] = 0x60;
        BinaryPrimitives.WriteUInt16BigEndian(packet[4..], (ushort)length);
        packet[6] = Tcp;
        packet[7] = HopLimit;
    }

    // RFC 791 section 3.1.
    private static void WriteHeaderV4(Span<byte> packet)
    {
        packet[0] = 0x45;
        BinaryPrimitives.WriteUInt16BigEndian(packet[2..], (ushort)packet.Length);
        BinaryPrimitives.WriteUInt16BigEndian(packet[6..], DontFragment);
        packet[8] = HopLimit;
        packet[9] = Tcp;
        BinaryPrimitives.WriteUInt16BigEndian(packet[10..], Fold(Sum(packet[..20])));
    }

    private static uint Sum(ReadOnlySpan<byte> bytes)
    {
        uint sum = 0;
        for (int i = 0; i < bytes.Length; i++)
            sum += (uint)bytes[i] << (i % 2 == 0 ? 8 : 0);
        return sum;
    }

    private static ushort Fold(uint sum)
    {
        while (sum > ushort.MaxValue)
            sum = (sum & ushort.MaxValue) + (sum >> 16);
        return (ushort)~sum;
    }
}
