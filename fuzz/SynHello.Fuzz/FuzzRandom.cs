using System.Buffers.Binary;

namespace SynHello.Fuzz;

/// <summary>Random numbers that a seed decides, on every machine and in every version (SplitMix64).</summary>
internal sealed class FuzzRandom(ulong seed)
{
    private ulong _state = seed;

    /// <summary>The numbers of one execution: they depend on its number and the run's seed alone.</summary>
    public static FuzzRandom For(ulong seed, long execution) =>
        new(new FuzzRandom(seed ^ ((ulong)execution * 0xd1342543de82ef95)).Next());

    public ulong Next()
    {
        _state += 0x9e3779b97f4a7c15;
        ulong value = (_state ^ (_state >> 30)) * 0xbf58476d1ce4e5b9;
        value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
        return value ^ (value >> 31);
    }

    /// <summary>A number from 0 on, below the bound.</summary>
    public int Below(int bound) => (int)Math.BigMul(Next(), (ulong)bound, out _);

    public bool OneIn(int count) => Below(count) == 0;

    public byte NextByte() => (byte)Next();

    public void Fill(Span<byte> bytes)
    {
        Span<byte> word = stackalloc byte[8];
        while (!bytes.IsEmpty)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(word, Next());
            int length = Math.Min(bytes.Length, word.Length);
            word[..length].CopyTo(bytes);
            bytes = bytes[length..];
        }
    }
}
