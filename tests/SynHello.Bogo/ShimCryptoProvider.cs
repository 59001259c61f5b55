using SynHello.Crypto;
using SynHello.Wire;

namespace SynHello.Bogo;

/// <summary>The engine's own cryptography, with the runner's made-up ways to compress certificates.</summary>
/// <param name="algorithms">The algorithms, best first.</param>
internal sealed class ShimCryptoProvider(params IReadOnlyList<CertificateCompressionAlgorithm> algorithms)
    : DefaultCryptoProvider
{
    /// <summary>Leaves out two zero octets at the beginning.</summary>
    public static readonly CertificateCompressionAlgorithm Shrinking = new(0xff01);

    /// <summary>Puts four octets in front.</summary>
    public static readonly CertificateCompressionAlgorithm Expanding = new(0xff02);

    /// <summary>Puts one octet in front, which may be any.</summary>
    public static readonly CertificateCompressionAlgorithm Random = new(0xff03);

    private static readonly byte[] s_expansion = [1, 2, 3, 4];

    public override IReadOnlyList<CertificateCompressionAlgorithm> CertificateCompressionAlgorithms { get; } = algorithms;

    public override byte[] CompressCertificate(CertificateCompressionAlgorithm algorithm, ReadOnlySpan<byte> message) =>
        algorithm == Shrinking ? message[2..].ToArray()
        : algorithm == Expanding ? [.. s_expansion, .. message]
        : [0x5a, .. message];

    public override bool TryDecompressCertificate(
        CertificateCompressionAlgorithm algorithm, ReadOnlySpan<byte> compressed, Span<byte> destination)
    {
        int added = algorithm == Shrinking ? -2 : algorithm == Expanding ? s_expansion.Length : 1;
        if (destination.Length + added != compressed.Length)
            return false;
        if (algorithm == Shrinking)
        {
            destination[..2].Clear();
            compressed.CopyTo(destination[2..]);
            return true;
        }

        compressed[added..].CopyTo(destination);
        return algorithm == Random || compressed.StartsWith(s_expansion);
    }
}
