using System.Buffers.Binary;

namespace SynHello.Wire;

/// <summary>
/// A list of 16-bit code points as it stands on the wire: cipher suites, groups, schemes or versions.
/// </summary>
internal readonly ref struct CodePoints(ReadOnlySpan<byte> encoded)
{
    public ReadOnlySpan<byte> Encoded { get; } = encoded;

    public int Count => Encoded.Length / 2;

    public bool IsEmpty => Encoded.IsEmpty;

    public ushort this[int index] => BinaryPrimitives.ReadUInt16BigEndian(Encoded[(2 * index)..]);

    public bool Contains(ushort value)
    {
        for (int i = 0; i < Count; i++)
        {
            if (this[i] == value)
                return true;
        }

        return false;
    }
}
