namespace SynHello.Lab;

/// <summary>
/// Repeatable chance: whether event number n happens depends on the seed, the kind of event and n, and on nothing else,
/// so the order in which two ends happen to send does not disturb it.
/// </summary>
internal readonly struct SeededChance(ulong seed, ulong kind, double probability)
{
    public bool Happens(long n) => probability > 0 && Draw(n) < probability;

    // SplitMix64 as a counter-based generator: its output function over seed, kind and counter, 53 bits of it.
    private double Draw(long n) => (Mix(Mix(seed + kind * 0xD1B54A32D192ED03) + (ulong)n * 0x9E3779B97F4A7C15) >> 11)
        * (1.0 / (1UL << 53));

    private static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
