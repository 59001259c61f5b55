using System.Runtime.InteropServices;

namespace SynHello.Lab;

/// <summary>What the wire does with one packet: the answer of <see cref="EmulatedWireOptions.Rule"/>.</summary>
[StructLayout(LayoutKind.Auto)]
public readonly struct PacketVerdict : IEquatable<PacketVerdict>
{
    private PacketVerdict(bool dropped, bool duplicated, TimeSpan delay, ReadOnlyMemory<byte>? replacement)
    {
        IsDrop = dropped;
        IsDuplicate = duplicated;
        ExtraDelay = delay;
        Replacement = replacement;
    }

    /// <summary>Deliver the packet after the wire's delay. This is also the default value.</summary>
    public static PacketVerdict Pass => default;

    /// <summary>Lose the packet.</summary>
    public static PacketVerdict Drop => new(dropped: true, duplicated: false, TimeSpan.Zero, replacement: null);

    internal bool IsDrop { get; }

    internal bool IsDuplicate { get; }

    internal TimeSpan ExtraDelay { get; }

    internal ReadOnlyMemory<byte>? Replacement { get; }

    /// <summary>
    /// Deliver the packet later than the wire's delay says, so that packets behind it may overtake it.
    /// </summary>
    /// <param name="extra">The time on top of the wire's delay.</param>
    /// <exception cref="ArgumentOutOfRangeException">The time is negative or longer than ten seconds.</exception>
    public static PacketVerdict Delay(TimeSpan extra) =>
        new(dropped: false, duplicated: false, EmulatedWireOptions.CheckDelay(extra, nameof(extra)), replacement: null);

    /// <summary>Deliver the packet after the wire's delay, and once more.</summary>
    /// <param name="apart">The time between the two deliveries.</param>
    /// <exception cref="ArgumentOutOfRangeException">The time is negative or longer than ten seconds.</exception>
    public static PacketVerdict Duplicate(TimeSpan apart) =>
        new(dropped: false, duplicated: true, EmulatedWireOptions.CheckDelay(apart, nameof(apart)), replacement: null);

    /// <summary>Deliver another packet in place of this one.</summary>
    /// <param name="packet">
    /// A whole IP packet, at most as long as the MTU and addressed as the client sees it (see
    /// <see cref="WirePacket"/>). It is copied before the rule's caller goes on. Checksums are the rule's business.
    /// </param>
    /// <exception cref="ArgumentException">This is not an IPv4 or IPv6 packet.</exception>
    public static PacketVerdict Replace(ReadOnlyMemory<byte> packet)
    {
        if (!IpPacket.TryParse(packet.Span, out _))
            throw new ArgumentException("The replacement is not a whole IPv4 or IPv6 packet.", nameof(packet));
        return new(dropped: false, duplicated: false, TimeSpan.Zero, packet);
    }

    /// <inheritdoc/>
    public bool Equals(PacketVerdict other) =>
        IsDrop == other.IsDrop && IsDuplicate == other.IsDuplicate && ExtraDelay == other.ExtraDelay
        && Nullable.Equals(Replacement, other.Replacement);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is PacketVerdict other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(IsDrop, IsDuplicate, ExtraDelay, Replacement);

    /// <summary>Whether two verdicts are the same.</summary>
    public static bool operator ==(PacketVerdict left, PacketVerdict right) => left.Equals(right);

    /// <summary>Whether two verdicts differ.</summary>
    public static bool operator !=(PacketVerdict left, PacketVerdict right) => !left.Equals(right);
}
