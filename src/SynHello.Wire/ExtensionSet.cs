namespace SynHello.Wire;

/// <summary>A set of the extension types that this room knows; all of them are below 64.</summary>
internal readonly record struct ExtensionSet(ulong Bits)
{
    public bool Contains(ExtensionType type) => type.Value < 64 && (Bits & (1ul << type.Value)) != 0;

    public ExtensionSet With(ExtensionType type) => type.Value < 64 ? new(Bits | (1ul << type.Value)) : this;

    /// <summary>The lowest member that <paramref name="other"/> does not hold; null when there is none.</summary>
    public ExtensionType? FirstOutside(ExtensionSet other)
    {
        ulong outside = Bits & ~other.Bits;
        return outside == 0 ? null : new ExtensionType((ushort)System.Numerics.BitOperations.TrailingZeroCount(outside));
    }
}
