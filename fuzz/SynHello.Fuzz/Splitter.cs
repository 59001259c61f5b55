namespace SynHello.Fuzz;

/// <summary>Cuts an input into pieces.</summary>
internal sealed class Splitter
{
    private readonly FuzzRandom? _random;
    private readonly int _largest;

    private Splitter(FuzzRandom? random, int largest)
    {
        _random = random;
        _largest = largest;
    }

    /// <summary>Does not cut.</summary>
    public static Splitter Whole { get; } = new(random: null, int.MaxValue);

    /// <summary>Byte by byte.</summary>
    public static Splitter Bytes { get; } = new(random: null, 1);

    /// <summary>Pieces of up to so many bytes.</summary>
    public static Splitter Pieces(ulong seed, int largest) => new(new FuzzRandom(seed), largest);

    /// <summary>How long the next piece is.</summary>
    public int Next(int remaining) =>
        Math.Min(remaining, _random is null ? _largest : 1 + _random.Below(_largest));

    public override string ToString() => _random is not null ? $"in pieces of up to {_largest} bytes"
        : _largest == 1 ? "byte by byte" : "whole";
}
