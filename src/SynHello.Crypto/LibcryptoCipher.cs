using SynHello.Wire;

namespace SynHello.Crypto;

/// <summary>The AEAD ciphers of libcrypto, each looked up once for the life of the process. Thread-safe.</summary>
internal static class LibcryptoCipher
{
    private static readonly nint s_aes128Gcm = Fetch("AES-128-GCM");
    private static readonly nint s_aes256Gcm = Fetch("AES-256-GCM");
    private static readonly nint s_chaCha20Poly1305 = Fetch("ChaCha20-Poly1305");

    /// <summary>The EVP_CIPHER of a suite; 0 when the library in use does not serve it, and .NET's has to do.</summary>
    public static nint For(CipherSuite suite) =>
        suite == CipherSuite.TlsAes128GcmSha256 ? s_aes128Gcm
        : suite == CipherSuite.TlsAes256GcmSha384 ? s_aes256Gcm
        : suite == CipherSuite.TlsChaCha20Poly1305Sha256 ? s_chaCha20Poly1305
        : 0;

    private static nint Fetch(string name)
    {
        if (!LibcryptoStatus.Current.IsAvailable || !LibcryptoStatus.HasOptionalFunctions)
            return 0;
        nint cipher = Libcrypto.EVP_CIPHER_fetch(0, name, null);
        if (cipher == 0)
            Libcrypto.ERR_clear_error(); // a build without it
        return cipher;
    }
}
