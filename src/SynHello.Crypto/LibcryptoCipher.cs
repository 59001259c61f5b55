using SynHello.Wire;

namespace SynHello.Crypto;

/// <summary>The AEAD ciphers of libcrypto, each looked up once for the life of the process. Thread-safe.</summary>
/// <param name="Handle">The EVP_CIPHER.</param>
/// <param name="KeyLength">The length of its keys in bytes.</param>
internal sealed record LibcryptoCipher(nint Handle, int KeyLength)
{
    private static readonly LibcryptoCipher? s_aes128Gcm = TryFetch("AES-128-GCM", 16);
    private static readonly LibcryptoCipher? s_aes256Gcm = TryFetch("AES-256-GCM", 32);
    private static readonly LibcryptoCipher? s_chaCha20Poly1305 = TryFetch("ChaCha20-Poly1305", 32);

    /// <summary>The cipher of a suite; null when the library in use does not serve it, and .NET's has to do.</summary>
    public static LibcryptoCipher? For(CipherSuite suite) =>
        suite == CipherSuite.TlsAes128GcmSha256 ? s_aes128Gcm
        : suite == CipherSuite.TlsAes256GcmSha384 ? s_aes256Gcm
        : suite == CipherSuite.TlsChaCha20Poly1305Sha256 ? s_chaCha20Poly1305
        : null;

    private static LibcryptoCipher? TryFetch(string name, int keyLength)
    {
        if (!LibcryptoStatus.Current.IsAvailable || !LibcryptoStatus.HasOptionalFunctions)
            return null;
        nint handle = Libcrypto.EVP_CIPHER_fetch(0, name, null);
        if (handle != 0)
            return new LibcryptoCipher(handle, keyLength);
        Libcrypto.ERR_clear_error(); // a build without it
        return null;
    }
}
