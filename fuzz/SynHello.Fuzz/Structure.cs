namespace SynHello.Fuzz;

/// <summary>What the bytes of an input mean, as far as its form was recognized.</summary>
internal sealed class Structure
{
    /// <summary>Vectors with a length in front.</summary>
    public List<Vector> Vectors { get; } = [];

    /// <summary>Things that stand in a row with others of their kind: records, messages, extensions, code points.</summary>
    public List<Element> Elements { get; } = [];

    public void Clear()
    {
        Vectors.Clear();
        Elements.Clear();
    }

    /// <param name="Position">Where its length stands.</param>
    /// <param name="Width">How many octets the length has.</param>
    /// <param name="End">Where its content ends.</param>
    public readonly record struct Vector(int Position, int Width, int End)
    {
        public int Start => Position + Width;
    }

    /// <param name="Start">Where it begins.</param>
    /// <param name="End">Where it ends.</param>
    /// <param name="List">Elements of the same list have the same number.</param>
    public readonly record struct Element(int Start, int End, int List)
    {
        public int Length => End - Start;
    }
}
