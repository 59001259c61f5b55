using System.Buffers.Binary;

namespace SynHello.Fuzz;

/// <summary>
/// Makes new inputs out of old ones: octets changed, and vectors, records, messages and extensions dropped, doubled, moved and taken
/// from elsewhere, with the lengths around them set right, or deliberately wrong.
/// </summary>
internal sealed class Mutator(string grammar, int maximumLength)
{
    private static readonly byte[] _octets = [0, 1, 2, 3, 4, 0x14, 0x15, 0x16, 0x17, 0x18, 0x20, 0x7f, 0x80, 0xfe, 0xff];

    /// <summary>Record types with versions, versions, extensions, suites, groups, schemes.</summary>
    private static readonly ushort[] _codes =
    [
        0x0301, 0x0303, 0x0304, 0x0305, 0x7f1c, 0x1403, 0x1503, 0x1603, 0x1703,
        0, 1, 5, 10, 11, 13, 16, 18, 21, 23, 27, 28, 35, 41, 42, 43, 44, 45, 47, 48, 49, 50, 51, 57, 58, 0xff01, 0x0a0a, 0xfe0d,
        0x1301, 0x1302, 0x1303, 0x1304, 0xc02b, 0xc02c, 0xc02f, 0xc030, 0xcca8, 0xcca9, 0x00ff, 0x5600, 0x002f,
        0x0017, 0x0018, 0x0019, 0x001d, 0x001e, 0x11ec,
        0x0403, 0x0503, 0x0603, 0x0804, 0x0805, 0x0806, 0x0807, 0x0401, 0x0501, 0x0601, 0x0201, 0x0203,
    ];

    private readonly Structure _structure = new();
    private readonly Structure _other = new();

    /// <summary>A changed copy.</summary>
    /// <param name="input">What is changed.</param>
    /// <param name="donor">An input that parts may be taken from.</param>
    /// <param name="random">Decides everything.</param>
    public byte[] Mutate(byte[] input, byte[] donor, FuzzRandom random)
    {
        byte[] mutated = input;
        int count = 1 + (random.OneIn(2) ? 0 : random.Below(5));
        for (int i = 0; i < count; i++)
        {
            byte[] next = Step(mutated, donor, random);
            if (next.Length <= maximumLength)
                mutated = next;
        }

        return mutated;
    }

    private byte[] Step(byte[] input, byte[] donor, FuzzRandom random)
    {
        if (input.Length == 0)
            return Random(1 + random.Below(8), random);
        if (random.OneIn(3))
            return ChangeOctets(input, donor, random);
        GrammarScanner.Scan(input, grammar, _structure);
        return random.Below(8) switch
        {
            0 => MislabelVector(input, random),
            1 => ResizeVector(input, random),
            2 => DropElement(input, random),
            3 => DoubleElement(input, random),
            4 => MoveElement(input, random),
            5 or 6 => TakeElement(input, donor, random),
            _ => WriteCode(input, random),
        };
    }

    private static byte[] ChangeOctets(byte[] input, byte[] donor, FuzzRandom random)
    {
        byte[] copy = [.. input];
        int at = random.Below(input.Length);
        switch (random.Below(9))
        {
            case 0:
                copy[at] ^= (byte)(1 << random.Below(8));
                return copy;
            case 1:
                copy[at] = _octets[random.Below(_octets.Length)];
                return copy;
            case 2:
                copy[at] = random.NextByte();
                return copy;
            case 3:
                copy[at] += random.OneIn(2) ? (byte)1 : (byte)255;
                return copy;
            case 4:
                return Replace(input, at, 0, Random(1 + random.Below(random.OneIn(8) ? 300 : 6), random));
            case 5:
                return Replace(input, at, Math.Min(input.Length - at, 1 + random.Below(random.OneIn(4) ? 200 : 4)), []);
            case 6:
                return input[..at];
            case 7:
                int length = Math.Min(input.Length - at, 1 + random.Below(64));
                return Replace(input, random.Below(input.Length), 0, input.AsSpan(at, length));
            default:
                if (donor.Length == 0)
                    return copy;
                int from = random.Below(donor.Length);
                ReadOnlySpan<byte> part = donor.AsSpan(from, Math.Min(donor.Length - from, 1 + random.Below(128)));
                return Replace(input, at, random.OneIn(2) ? Math.Min(part.Length, input.Length - at) : 0, part);
        }
    }

    /// <summary>Writes another length in front of a vector; nothing else changes.</summary>
    private byte[] MislabelVector(byte[] input, FuzzRandom random)
    {
        if (_structure.Vectors.Count == 0)
            return input;
        Structure.Vector vector = _structure.Vectors[random.Below(_structure.Vectors.Count)];
        long largest = (1L << (8 * vector.Width)) - 1;
        long length = vector.End - vector.Start;
        length = random.Below(7) switch
        {
            0 => length + 1,
            1 => length - 1,
            2 => 0,
            3 => largest,
            4 => length + 2 + random.Below(64),
            5 => random.Below((int)Math.Min(largest, int.MaxValue - 1) + 1),
            _ => length / 2,
        };
        byte[] copy = [.. input];
        WriteLength(copy.AsSpan(vector.Position, vector.Width), length & largest);
        return copy;
    }

    /// <summary>Makes a vector's content longer, shorter or empty.</summary>
    private byte[] ResizeVector(byte[] input, FuzzRandom random)
    {
        if (_structure.Vectors.Count == 0)
            return input;
        Structure.Vector vector = _structure.Vectors[random.Below(_structure.Vectors.Count)];
        int length = vector.End - vector.Start;
        int at = vector.Start + random.Below(length + 1);
        return random.Below(4) switch
        {
            0 => Splice(input, vector.Start, length, [], vector.Start, vector.End),
            1 => Splice(input, at, Math.Min(vector.End - at, 1 + random.Below(8)), [], vector.Start, vector.End),
            2 => Splice(
                input, vector.Start, length, Random(random.Below(random.OneIn(16) ? 2000 : 40), random), vector.Start, vector.End),
            _ => Splice(
                input, at, 0, Random(1 + random.Below(random.OneIn(16) ? 400 : 8), random), vector.Start, vector.End),
        };
    }

    private byte[] DropElement(byte[] input, FuzzRandom random) => Pick(random) is { } element
        ? Splice(input, element.Start, element.Length, [], element.Start, element.End)
        : input;

    private byte[] DoubleElement(byte[] input, FuzzRandom random)
    {
        if (Pick(random) is not { } element)
            return input;
        int times = random.OneIn(8) ? 1 + random.Below(40) : 1;
        ReadOnlySpan<byte> bytes = input.AsSpan(element.Start, element.Length);
        if ((long)times * bytes.Length + input.Length > maximumLength)
            times = 1;
        byte[] repeated = new byte[times * bytes.Length];
        bool differ = bytes.Length >= 2 && random.OneIn(2); // lists in which nothing may stand twice can be long too
        for (int i = 0; i < times; i++)
        {
            Span<byte> copy = repeated.AsSpan(i * bytes.Length, bytes.Length);
            bytes.CopyTo(copy);
            if (differ)
                BinaryPrimitives.WriteUInt16BigEndian(copy, (ushort)(BinaryPrimitives.ReadUInt16BigEndian(copy) + i + 1));
        }

        return Splice(input, element.End, 0, repeated, element.Start, element.End);
    }

    /// <summary>Swaps two elements of a list, or moves one into another list.</summary>
    private byte[] MoveElement(byte[] input, FuzzRandom random)
    {
        if (Pick(random) is not { } first || Pick(random) is not { } second)
            return input;
        for (int attempt = 0; attempt < 8 && first.List != second.List; attempt++)
            second = _structure.Elements[random.Below(_structure.Elements.Count)];
        if (first.Start > second.Start)
            (first, second) = (second, first);
        if (first.End > second.Start)
            return input; // the same one, or one within the other
        byte[] later = input[second.Start..second.End];
        byte[] earlier = input[first.Start..first.End];
        if (first.List == second.List)
            return Replace(input, first.Start, second.End - first.Start, [.. later, .. input[first.End..second.Start], .. earlier]);
        return random.OneIn(2)
            ? DropAt(Splice(input, second.Start, 0, earlier, second.Start, second.End), first.Start, first.Length)
            : DropAt(Splice(input, first.End, 0, later, first.Start, first.End), second.Start + later.Length, second.Length);
    }

    /// <summary>Drops the element that stands there.</summary>
    private byte[] DropAt(byte[] input, int start, int length)
    {
        GrammarScanner.Scan(input, grammar, _structure);
        foreach (Structure.Element element in _structure.Elements)
        {
            if (element.Start == start && element.Length == length)
                return Splice(input, start, length, [], element.Start, element.End);
        }

        return input;
    }

    /// <summary>Puts an element of another input, or of this one, in the place of one, or in front of it.</summary>
    private byte[] TakeElement(byte[] input, byte[] donor, FuzzRandom random)
    {
        if (Pick(random) is not { } place)
            return input;
        GrammarScanner.Scan(donor, grammar, _other);
        if (_other.Elements.Count == 0)
            return input;
        Structure.Element taken = _other.Elements[random.Below(_other.Elements.Count)];
        bool replaces = random.OneIn(2);
        return Splice(
            input, place.Start, replaces ? place.Length : 0, donor.AsSpan(taken.Start, taken.Length), place.Start, place.End);
    }

    private byte[] WriteCode(byte[] input, FuzzRandom random)
    {
        int at = Pick(random) is { } element && !random.OneIn(4) ? element.Start : random.Below(input.Length);
        if (input.Length - at < 2)
            return input;
        byte[] copy = [.. input];
        BinaryPrimitives.WriteUInt16BigEndian(copy.AsSpan(at), _codes[random.Below(_codes.Length)]);
        return copy;
    }

    private Structure.Element? Pick(FuzzRandom random) =>
        _structure.Elements.Count == 0 ? null : _structure.Elements[random.Below(_structure.Elements.Count)];

    /// <summary>Replaces bytes, and sets the length right of every vector around what they belong to.</summary>
    private byte[] Splice(
        byte[] input, int start, int length, ReadOnlySpan<byte> replacement, int ownerStart, int ownerEnd)
    {
        int change = replacement.Length - length;
        byte[] spliced = Replace(input, start, length, replacement);
        foreach (Structure.Vector vector in _structure.Vectors)
        {
            if (vector.Start > ownerStart || vector.End < ownerEnd)
                continue;
            long content = vector.End - vector.Start + change;
            if (content < 1L << (8 * vector.Width))
                WriteLength(spliced.AsSpan(vector.Position, vector.Width), content);
        }

        return spliced;
    }

    private static byte[] Replace(byte[] input, int start, int length, ReadOnlySpan<byte> replacement)
    {
        byte[] result = new byte[input.Length - length + replacement.Length];
        input.AsSpan(0, start).CopyTo(result);
        replacement.CopyTo(result.AsSpan(start));
        input.AsSpan(start + length).CopyTo(result.AsSpan(start + replacement.Length));
        return result;
    }

    private static void WriteLength(Span<byte> destination, long length)
    {
        for (int i = destination.Length - 1; i >= 0; i--)
        {
            destination[i] = (byte)length;
            length >>= 8;
        }
    }

    private static byte[] Random(int length, FuzzRandom random)
    {
        byte[] bytes = new byte[length];
        random.Fill(bytes);
        return bytes;
    }
}
