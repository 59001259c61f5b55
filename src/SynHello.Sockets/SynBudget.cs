using System.Net.Sockets;

namespace SynHello.Sockets;

/// <summary>
/// How many bytes of payload a SYN holds. Linux fills a SYN up to the MSS less 40 bytes: it keeps the largest possible
/// option space free, for its own options and for those that a middlebox adds.
/// </summary>
public static class SynBudget
{
    /// <summary>The budget over IPv4 at an MTU of 1500, in bytes.</summary>
    public const int IPv4 = 1420;

    /// <summary>The budget over IPv6 at an MTU of 1500, in bytes.</summary>
    public const int IPv6 = 1400;

    private const int TcpHeaderLength = 20;
    private const int IPv4HeaderLength = 20;
    private const int IPv6HeaderLength = 40;
    private const int ReservedOptionSpace = 40;

    // TCP_MIN_SND_MSS: the kernel counts with no smaller MSS.
    private const int SmallestMss = 48;

    /// <summary>The budget on a path with the given MTU.</summary>
    /// <param name="mtu">The path's MTU, in bytes.</param>
    /// <param name="family">The family of the addresses on the wire (IPv4 for an IPv4-mapped IPv6 address).</param>
    /// <returns>Bytes of payload that fit into the SYN.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="mtu"/> is not positive, or
    /// <paramref name="family"/> is neither IPv4 nor IPv6.</exception>
    public static int FromMtu(int mtu, AddressFamily family)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(mtu);
        int networkHeaderLength = family switch
        {
            AddressFamily.InterNetwork => IPv4HeaderLength,
            AddressFamily.InterNetworkV6 => IPv6HeaderLength,
            _ => throw new ArgumentOutOfRangeException(nameof(family), family, "IPv4 or IPv6 is meant."),
        };
        return FromMss(Math.Max(mtu - networkHeaderLength - TcpHeaderLength, SmallestMss));
    }

    /// <summary>
    /// The budget with the given MSS: the smaller of the MTU less the headers and the MSS that the kernel remembers of
    /// this peer.
    /// </summary>
    /// <param name="mss">The MSS without any option space taken off, in bytes.</param>
    /// <returns>Bytes of payload that fit into the SYN.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="mss"/> is not positive.</exception>
    public static int FromMss(int mss)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(mss);
        return Math.Max(mss, SmallestMss) - ReservedOptionSpace;
    }
}
