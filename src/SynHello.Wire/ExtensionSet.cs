namespace SynHello.Wire;

/// <summary>
/// A set of the extension types that this room knows: all of them are below 63, except renegotiation_info, which has
/// the last bit.
/// </summary>
internal readonly record struct ExtensionSet(ulong Bits)
{
    private const int RenegotiationInfoBit = 63;

    public bool Contains(ExtensionType type) => (Bits & BitOf(type)) != 0;

    public ExtensionSet With(ExtensionType type) => new(Bits | BitOf(type));

    /// <summary>The lowest member that <paramref name="other"/> does not hold; null when there is none.</summary>
    public ExtensionType? FirstOutside(ExtensionSet other)
    {
        ulong outside = Bits & ~other.Bits;
        if (outside == 0)
            return null;
        int bit = System.Numerics.BitOperations.TrailingZeroCount(outside);
        return bit == RenegotiationInfoBit ? ExtensionType.RenegotiationInfo : new ExtensionType((ushort)bit);
    }

    private static ulong BitOf(ExtensionType type) =>
        type.Value < RenegotiationInfoBit ? 1ul << type.Value
        : type == ExtensionType.RenegotiationInfo ? 1ul << RenegotiationInfoBit
        : 0;
}
