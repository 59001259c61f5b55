using System.Security.Cryptography;

using SynHello.Wire;

namespace SynHello.Crypto;

/// <summary>The hash functions by name, and the one that each signature scheme uses.</summary>
internal static class Digest
{
    private static readonly SignatureScheme[] s_rsaPkcs1Schemes =
        [SignatureScheme.RsaPkcs1Sha256, SignatureScheme.RsaPkcs1Sha384, SignatureScheme.RsaPkcs1Sha512];

    /// <summary>The size of SHA-512 in bytes, the largest hash of all.</summary>
    public const int MaximumLength = SHA512.HashSizeInBytes;

    /// <summary>The size in bytes of a hash that TLS 1.3's cipher suites use.</summary>
    /// <exception cref="NotSupportedException">Neither SHA-256 nor SHA-384.</exception>
    public static int LengthOf(HashAlgorithmName algorithm)
    {
        if (algorithm == HashAlgorithmName.SHA256)
            return SHA256.HashSizeInBytes;

        if (algorithm == HashAlgorithmName.SHA384)
            return SHA384.HashSizeInBytes;

        throw new NotSupportedException($"The hash {algorithm} is not supported.");
    }

    /// <summary>The hash of a scheme that signs a hash.</summary>
    public static HashAlgorithmName Of(SignatureScheme scheme) => scheme.Value switch
    {
        0x0401 or 0x0403 or 0x0804 => HashAlgorithmName.SHA256,
        0x0501 or 0x0503 or 0x0805 => HashAlgorithmName.SHA384,
        0x0601 or 0x0806 => HashAlgorithmName.SHA512,
        _ => throw new NotSupportedException($"The signature scheme {scheme} is not supported."),
    };

    /// <summary>Hashes; returns how many bytes were written.</summary>
    public static int Compute(HashAlgorithmName algorithm, ReadOnlySpan<byte> data, Span<byte> destination)
    {
        if (algorithm == HashAlgorithmName.SHA256)
            return SHA256.HashData(data, destination);

        return algorithm == HashAlgorithmName.SHA384
            ? SHA384.HashData(data, destination)
            : SHA512.HashData(data, destination);
    }

    /// <summary>Passes a span on that has exactly the expected length.</summary>
    /// <exception cref="ArgumentException">Another length.</exception>
    public static Span<byte> Exactly(Span<byte> destination, int length)
    {
        if (destination.Length != length)
            throw new ArgumentException($"The destination must have exactly {length} bytes.", nameof(destination));

        return destination;
    }

    /// <summary>Whether the scheme is RSASSA-PKCS1-v1_5, which TLS 1.2 alone has for handshakes.</summary>
    public static bool IsRsaPkcs1(SignatureScheme scheme) => scheme.Value is 0x0401 or 0x0501 or 0x0601;

    /// <summary>RSASSA-PKCS1-v1_5 as TLS 1.2 has it: a key that is large enough for PSS is for this too.</summary>
    public static ReadOnlySpan<SignatureScheme> RsaPkcs1Schemes => s_rsaPkcs1Schemes;

    /// <summary>
    /// The schemes that an RSA key of this size can use: EMSA-PSS needs two hashes and two octets (RFC 8017 section
    /// 9.1.1).
    /// </summary>
    public static SignatureScheme[] RsaPssSchemes(int keySizeInBits)
    {
        var encodedLength = (keySizeInBits - 1 + 7) / 8;
        SignatureScheme[] all =
            [SignatureScheme.RsaPssRsaeSha256, SignatureScheme.RsaPssRsaeSha384, SignatureScheme.RsaPssRsaeSha512];
        return encodedLength switch
        {
            >= (2 * SHA512.HashSizeInBytes) + 2 => all,
            >= (2 * SHA384.HashSizeInBytes) + 2 => all[..2],
            >= (2 * SHA256.HashSizeInBytes) + 2 => all[..1],
            _ => [],
        };
    }
}
