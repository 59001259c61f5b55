using System.Security.Cryptography;

namespace SynHello.Crypto;

/// <summary>
/// HMAC straight from libcrypto, with the hash looked up once: .NET's own looks it up by name in each call, which costs
/// OpenSSL 3 more than the HMAC itself (1.3 us against 0.5 us). A handshake takes some thirty of them on each side.
/// Thread-safe.
/// </summary>
internal sealed class LibcryptoHmac
{
    private readonly nint _sha256 = Libcrypto.EVP_MD_fetch(0, "SHA256", null);
    private readonly nint _sha384 = Libcrypto.EVP_MD_fetch(0, "SHA384", null);

    private LibcryptoHmac()
    {
    }

    /// <summary>What the library in use has; null when it does not, and .NET's has to do.</summary>
    public static LibcryptoHmac? TryCreate()
    {
        if (!LibcryptoStatus.HasOptionalFunctions)
            return null;
        var hmac = new LibcryptoHmac();
        Libcrypto.ERR_clear_error();
        return hmac._sha256 != 0 && hmac._sha384 != 0 ? hmac : null; // fetched for the life of the process
    }

    /// <summary>HMAC(key, first | second).</summary>
    /// <param name="algorithm">SHA-256 or SHA-384.</param>
    /// <param name="key">The key; may be empty.</param>
    /// <param name="first">What is authenticated.</param>
    /// <param name="second">What comes behind it.</param>
    /// <param name="destination">Exactly as long as the hash.</param>
    public void Compute(
        HashAlgorithmName algorithm,
        ReadOnlySpan<byte> key,
        ReadOnlySpan<byte> first,
        ReadOnlySpan<byte> second,
        Span<byte> destination)
    {
        // A null key would mean the last one; an empty key is the same as a zero octet (RFC 2104 section 2).
        ReadOnlySpan<byte> zero = [0];
        nint context = Libcrypto.HMAC_CTX_new();
        if (context == 0)
            throw new CryptographicException("libcrypto has no memory for an HMAC.");
        try
        {
            ReadOnlySpan<byte> used = key.IsEmpty ? zero : key;
            nint hash = algorithm == HashAlgorithmName.SHA256 ? _sha256 : _sha384;
            uint length = (uint)destination.Length;
            if (Libcrypto.HMAC_Init_ex(context, used, used.Length, hash, 0) != 1
                || Libcrypto.HMAC_Update(context, first, (nuint)first.Length) != 1
                || Libcrypto.HMAC_Update(context, second, (nuint)second.Length) != 1
                || Libcrypto.HMAC_Final(context, destination, ref length) != 1)
            {
                Libcrypto.ERR_clear_error();
                throw new CryptographicException("libcrypto could not compute an HMAC.");
            }
        }
        finally
        {
            Libcrypto.HMAC_CTX_free(context); // clears the key
        }
    }
}
