using System.Buffers;
using System.Security.Cryptography;

namespace SynHello.Tls;

/// <summary>The PRF of TLS 1.2 (RFC 5246 section 5): P_hash over HMAC.</summary>
internal static class PseudorandomFunction
{
    /// <summary>Seeds up to this size, with their label, are worked on without a buffer of the pool's.</summary>
    private const int ShortSeed = 256;

    /// <summary>PRF(secret, label, seed). The seed may come in two parts.</summary>
    public static void Expand(
        TlsCryptoProvider provider,
        HashAlgorithmName hash,
        int hashLength,
        ReadOnlySpan<byte> secret,
        ReadOnlySpan<byte> label,
        ReadOnlySpan<byte> seed,
        ReadOnlySpan<byte> secondSeed,
        Span<byte> destination)
    {
        int seedLength = label.Length + seed.Length + secondSeed.Length;
        byte[]? rented = seedLength > ShortSeed ? ArrayPool<byte>.Shared.Rent(hashLength + seedLength) : null;
        Span<byte> buffer = rented ?? stackalloc byte[CipherSuiteParameters.MaximumHashLength + ShortSeed];
        buffer = buffer[..(hashLength + seedLength)]; // A(i), then the seed
        label.CopyTo(buffer[hashLength..]);
        seed.CopyTo(buffer[(hashLength + label.Length)..]);
        secondSeed.CopyTo(buffer[(hashLength + label.Length + seed.Length)..]);

        Span<byte> output = stackalloc byte[hashLength];
        provider.Hmac(hash, secret, buffer[hashLength..], output);
        output.CopyTo(buffer);
        while (true)
        {
            provider.Hmac(hash, secret, buffer, output);
            int count = Math.Min(hashLength, destination.Length);
            output[..count].CopyTo(destination);
            destination = destination[count..];
            if (destination.IsEmpty)
                break;
            provider.Hmac(hash, secret, buffer[..hashLength], output);
            output.CopyTo(buffer);
        }

        CryptographicOperations.ZeroMemory(output);
        if (rented is not null)
            ArrayPool<byte>.Shared.Return(rented);
    }
}
