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
        suite.Value switch
        {
            0x1301 or 0xc02b or 0xc02f => s_aes128Gcm,
            0x1302 or 0xc02c or 0xc030 => s_aes256Gcm,
            0x1303 or 0xcca8 or 0xcca9 => s_chaCha20Poly1305,
            _ => 0,
        };

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
