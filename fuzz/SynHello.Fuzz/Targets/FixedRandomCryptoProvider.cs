using SynHello.Crypto;

namespace SynHello.Fuzz.Targets;

/// <summary>Real cryptography with random values that are always the same, so that what it sealed can be kept.</summary>
internal sealed class FixedRandomCryptoProvider(ulong seed) : DefaultCryptoProvider
{
    private readonly FuzzRandom _random = new(seed);

    public override void FillRandom(Span<byte> destination) => _random.Fill(destination);
}
