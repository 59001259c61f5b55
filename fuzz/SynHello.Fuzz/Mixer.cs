using System.Buffers.Binary;
using System.Numerics;

namespace SynHello.Fuzz;

/// <summary>A fast hash without any security: for the cryptography that is none, and for telling outcomes apart.</summary>
internal static class Mixer
{
    public const ulong Start = 0x243f6a8885a308d3;

    public static ulong Absorb(ulong state, ulong value)
    {
        state = BitOperations.RotateLeft((state ^ value) * 0x9fb21c651e98df25, 29);
        return (state ^ (state >> 31)) * 0xd6e8feb86659fd93;
    }

    public static ulong Absorb(ulong state, ReadOnlySpan<byte> data)
    {
        state = Absorb(state, (ulong)data.Length);
        while (data.Length >= sizeof(ulong))
        {
            state = Absorb(state, BinaryPrimitives.ReadUInt64LittleEndian(data));
            data = data[sizeof(ulong)..];
        }

        ulong rest = 0;
        for (int i = 0; i < data.Length; i++)
            rest |= (ulong)data[i] << (8 * i);
        return Absorb(state, rest);
    }

    /// <summary>Text, digits aside: two messages that differ in numbers only are the same.</summary>
    public static ulong AbsorbWords(ulong state, ReadOnlySpan<char> text)
    {
        foreach (char character in text)
        {
            if (!char.IsAsciiDigit(character))
                state = Absorb(state, character);
        }

        return state;
    }

    public static void Squeeze(ulong state, Span<byte> destination) => new FuzzRandom(state).Fill(destination);
}
