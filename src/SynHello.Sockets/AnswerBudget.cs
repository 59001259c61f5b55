using System.Net.Sockets;

namespace SynHello.Sockets;

/// <summary>
/// What may be sent to a peer whose address may be forged: with all headers, with the SYN-ACKs and with what ends the
/// connection, three times the payload of its SYN (what RFC 9000, section 8 allows QUIC; RFC 7413, section 5.2 leaves
/// the limit to the server). The kernel sends what it is given at once and once only while the address is unproven, so
/// holding back is the program's part. Not thread-safe.
/// </summary>
public sealed class AnswerBudget
{
    private const int Factor = 3;
    private const int TransportHeaders = 32; // TCP's with time stamps
    private const int SynAckOptions = 8; // what a SYN-ACK carries besides: MSS and window scale
    private const int IPv4Header = 20;
    private const int IPv6Header = 40;

    private readonly int _headers;
    private readonly int _segment;
    private int _left;

    internal AnswerBudget(int synPayload, int segmentLength, AddressFamily family, int synAcks)
    {
        _headers = (family == AddressFamily.InterNetworkV6 ? IPv6Header : IPv4Header) + TransportHeaders;
        _segment = Math.Max(segmentLength, 1);

        // A reset or a FIN comes on top of it.
        _left = (Factor * synPayload) - (synAcks * (_headers + SynAckOptions)) - _headers;
    }

    /// <summary>Says how many bytes may be sent at this moment, in one write.</summary>
    /// <param name="reserve">How many bytes a later write is to find, such as an alert's.</param>
    /// <returns>Bytes of payload.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="reserve"/> is negative.</exception>
    public int GetAvailable(int reserve = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(reserve);
        return Fitting(reserve == 0 ? _left : _left - reserve - _headers);
    }

    /// <summary>
    /// How many bytes may answer a SYN at the usual MTU of 1500, with TCP's time stamps on.
    /// </summary>
    /// <param name="synPayload">The payload of the SYN, in bytes.</param>
    /// <param name="family">IPv4 or IPv6, on the wire.</param>
    /// <returns>Bytes of payload.</returns>
    public static int For(int synPayload, AddressFamily family)
    {
        const int Mtu = 1500;
        int ip = family == AddressFamily.InterNetworkV6 ? IPv6Header : IPv4Header;
        return new AnswerBudget(synPayload, Mtu - ip - TransportHeaders, family, LinuxTcp.UnprovenSynAcks).GetAvailable();
    }

    /// <summary>Takes what may be sent in one write.</summary>
    /// <param name="wanted">How many bytes there are to send.</param>
    /// <param name="reserve">How many bytes a later write is to find, such as an alert's.</param>
    /// <returns>How many of them may be sent; the rest has to wait until the address is proven.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A number is negative.</exception>
    public int Take(int wanted, int reserve = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(wanted);
        int taken = Math.Min(wanted, GetAvailable(reserve));
        _left -= taken + ((taken + _segment - 1) / _segment * _headers);
        return taken;
    }

    /// <summary>How many bytes of payload go into so many bytes with headers.</summary>
    private int Fitting(int length)
    {
        if (length <= _headers) return 0;

        (int full, int rest) = Math.DivRem(length, _segment + _headers);
        return (full * _segment) + Math.Max(rest - _headers, 0);
    }
}
