using System.Net;
using System.Net.Sockets;

namespace SynHello.Lab;

/// <summary>What kind of wire an <see cref="EmulatedWire"/> is. It is read once, when the wire starts.</summary>
public sealed class EmulatedWireOptions
{
    internal static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(10);

    private const long SlowestRate = 1_000;

    /// <summary>
    /// How long a packet takes, the same in both directions: half the round trip. 28 ms unless set, at most 10 s.
    /// </summary>
    public TimeSpan OneWayDelay { get; set; } = TimeSpan.FromMilliseconds(28);

    /// <summary>
    /// How many bits enter the wire in a second, in each direction on its own; packets behind them wait, and take <see
    /// cref="OneWayDelay"/> from then on. Null, as it is unless set, for no limit; otherwise 1,000 at least.
    /// </summary>
    public long? BitsPerSecond { get; set; }

    /// <summary>The probability, 0 to 1, that a packet is lost. 0 unless set.</summary>
    public double Loss { get; set; }

    /// <summary>
    /// Decides what <see cref="Loss"/> and <see cref="ReorderProbability"/> hit: whether packet number n of a wire is
    /// hit depends on the seed and on n alone.
    /// </summary>
    public ulong Seed { get; set; }

    /// <summary>
    /// The probability, 0 to 1, that a packet is held back by <see cref="ReorderDelay"/>. 0 unless set.
    /// </summary>
    public double ReorderProbability { get; set; }

    /// <summary>
    /// How much longer than <see cref="OneWayDelay"/> a held-back packet takes, so that those behind it overtake it. 5
    /// ms unless set, at most 10 s.
    /// </summary>
    public TimeSpan ReorderDelay { get; set; } = TimeSpan.FromMilliseconds(5);

    /// <summary>Drop every SYN that carries a payload, as some middleboxes do (RFC 7413, section 7.1).</summary>
    public bool DropSynData { get; set; }

    /// <summary>
    /// Deliver every SYN of a client a second time, so much after the first, as a network that duplicates packets does
    /// (RFC 7413, section 6.1); null, as it is unless set, to deliver it once. At most 10 s. It applies to the SYNs
    /// that <see cref="Rule"/> lets pass, and gives way to its <see cref="PacketVerdict.Duplicate"/>, which does the
    /// same for any packet.
    /// </summary>
    /// <remarks>
    /// A second SYN that comes while the connection lives is a stray segment of that connection. One that comes when
    /// the server has forgotten it opens another, and its data is read again.
    /// </remarks>
    public TimeSpan? DuplicateSynAfter { get; set; }

    /// <summary>
    /// Overwrite the Fast Open option of every SYN and SYN-ACK (kind 34, RFC 7413 section 4.1.1, and its experimental
    /// form 253 or 254 with the identifier 0xF989) with no-operation options and correct the checksum, as some
    /// middleboxes do. Data in the SYN stays.
    /// </summary>
    public bool StripFastOpenOption { get; set; }

    /// <summary>
    /// Decides about each packet that the settings above did not drop; null to pass them all. It is called on the
    /// wire's thread, under the same terms as <see cref="IWireObserver"/>.
    /// </summary>
    public Func<WirePacket, PacketVerdict>? Rule { get; set; }

    /// <summary>The largest IP packet in bytes, 576 (1280 with IPv6) to 65535. 1500 unless set.</summary>
    public int Mtu { get; set; } = 1500;

    /// <summary>
    /// How many packets the wire holds in flight before it drops those that enter. 65,536 unless set.
    /// </summary>
    public int MaxInFlight { get; set; } = 65_536;

    /// <summary>
    /// The IPv4 network of the wire. Its first address is this machine's, every other one is the far end. 10.77.0.0/24
    /// unless set.
    /// </summary>
    public IPNetwork Network { get; set; } = new(new IPAddress([10, 77, 0, 0]), 24);

    /// <summary>
    /// The IPv6 network of the wire, such as fd00:77::/64; null, as it is unless set, for a wire without IPv6.
    /// </summary>
    public IPNetwork? NetworkV6 { get; set; }

    internal EmulatedWireOptions CloneValidated()
    {
        CheckDelay(OneWayDelay, nameof(OneWayDelay));
        CheckDelay(ReorderDelay, nameof(ReorderDelay));
        CheckDelay(DuplicateSynAfter ?? TimeSpan.Zero, nameof(DuplicateSynAfter));
        CheckRate(BitsPerSecond, nameof(BitsPerSecond));
        CheckProbability(Loss, nameof(Loss));
        CheckProbability(ReorderProbability, nameof(ReorderProbability));
        CheckRange(Mtu, NetworkV6 is null ? 576 : 1280, ushort.MaxValue, nameof(Mtu));
        CheckRange(MaxInFlight, 1, int.MaxValue, nameof(MaxInFlight));
        CheckNetwork(Network, AddressFamily.InterNetwork, shortest: 8, longest: 30, nameof(Network));
        if (NetworkV6 is { } network)
            CheckNetwork(network, AddressFamily.InterNetworkV6, shortest: 8, longest: 126, nameof(NetworkV6));
        return (EmulatedWireOptions)MemberwiseClone();
    }

    internal static TimeSpan CheckDelay(TimeSpan delay, string name)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(delay, TimeSpan.Zero, name);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(delay, LongestDelay, name);
        return delay;
    }

    private static void CheckRate(long? rate, string name)
    {
        if (rate is < SlowestRate)
            throw new ArgumentOutOfRangeException(name, rate, $"A wire takes {SlowestRate} bits a second at least.");
    }

    private static void CheckRange(int value, int least, int most, string name)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(value, least, name);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(value, most, name);
    }

    private static void CheckProbability(double probability, string name)
    {
        // Written so that NaN is refused too.
        if (!(probability is >= 0 and <= 1))
            throw new ArgumentOutOfRangeException(name, probability, "A probability lies between 0 and 1.");
    }

    private static void CheckNetwork(IPNetwork network, AddressFamily family, int shortest, int longest, string name)
    {
        if (network.BaseAddress.AddressFamily != family)
            throw new ArgumentException($"{network} is not a network of the family {family}.", name);
        if (network.PrefixLength < shortest || network.PrefixLength > longest)
            throw new ArgumentException($"The prefix of {network} is not between {shortest} and {longest} bits.", name);
    }
}
