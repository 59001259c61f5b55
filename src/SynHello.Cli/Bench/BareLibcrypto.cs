using System.Runtime.InteropServices;

namespace SynHello.Cli;

/// <summary>
/// The functions of libcrypto that the bare cost of the cryptography is measured with: nothing of this project or of .NET's
/// stands before them.
/// </summary>
internal static unsafe partial class BareLibcrypto
{
    public const int X25519 = 1034;
    public const int AeadGetTag = 0x10;
    public const int AeadSetTag = 0x11;
    public const int PssPadding = 6;
    public const int SaltLengthOfDigest = -1;

    private const string Name = "libcrypto.so.3";

    [LibraryImport(Name)]
    public static partial nint EVP_sha256();

    [LibraryImport(Name)]
    public static partial nint EVP_aes_128_gcm();

    [LibraryImport(Name)]
    public static partial byte* SHA256(ReadOnlySpan<byte> data, nuint length, Span<byte> digest);

    [LibraryImport(Name)]
    public static partial nint d2i_AutoPrivateKey(nint reused, byte** source, nint length);

    [LibraryImport(Name)]
    public static partial void EVP_PKEY_free(nint key);

    [LibraryImport(Name)]
    public static partial nint EVP_PKEY_new_raw_public_key(int type, nint engine, ReadOnlySpan<byte> key, nuint length);

    [LibraryImport(Name)]
    public static partial int EVP_PKEY_get_raw_public_key(nint key, Span<byte> destination, ref nuint length);

    [LibraryImport(Name)]
    public static partial nint EVP_PKEY_CTX_new(nint key, nint engine);

    [LibraryImport(Name)]
    public static partial nint EVP_PKEY_CTX_new_id(int type, nint engine);

    [LibraryImport(Name)]
    public static partial void EVP_PKEY_CTX_free(nint context);

    [LibraryImport(Name)]
    public static partial int EVP_PKEY_keygen_init(nint context);

    [LibraryImport(Name)]
    public static partial int EVP_PKEY_keygen(nint context, ref nint key);

    [LibraryImport(Name)]
    public static partial int EVP_PKEY_derive_init(nint context);

    [LibraryImport(Name)]
    public static partial int EVP_PKEY_derive_set_peer(nint context, nint peer);

    [LibraryImport(Name)]
    public static partial int EVP_PKEY_derive(nint context, Span<byte> secret, ref nuint length);

    [LibraryImport(Name)]
    public static partial int EVP_PKEY_sign_init(nint context);

    [LibraryImport(Name)]
    public static partial int EVP_PKEY_verify_init(nint context);

    [LibraryImport(Name)]
    public static partial int EVP_PKEY_CTX_set_signature_md(nint context, nint digest);

    [LibraryImport(Name)]
    public static partial int EVP_PKEY_CTX_set_rsa_padding(nint context, int padding);

    [LibraryImport(Name)]
    public static partial int EVP_PKEY_CTX_set_rsa_pss_saltlen(nint context, int length);

    [LibraryImport(Name)]
    public static partial int EVP_PKEY_sign(
        nint context, Span<byte> signature, ref nuint length, ReadOnlySpan<byte> digest, nuint digestLength);

    [LibraryImport(Name)]
    public static partial int EVP_PKEY_verify(
        nint context, ReadOnlySpan<byte> signature, nuint length, ReadOnlySpan<byte> digest, nuint digestLength);

    [LibraryImport(Name)]
    public static partial nint EVP_CIPHER_CTX_new();

    [LibraryImport(Name)]
    public static partial void EVP_CIPHER_CTX_free(nint context);

    [LibraryImport(Name)]
    public static partial int EVP_CIPHER_CTX_ctrl(nint context, int type, int argument, Span<byte> pointer);

    [LibraryImport(Name)]
    public static partial int EVP_CipherInit_ex(
        nint context, nint cipher, nint engine, ReadOnlySpan<byte> key, ReadOnlySpan<byte> iv, int encrypts);

    [LibraryImport(Name)]
    public static partial int EVP_CipherUpdate(
        nint context, Span<byte> destination, out int length, ReadOnlySpan<byte> source, int sourceLength);

    [LibraryImport(Name)]
    public static partial int EVP_CipherFinal_ex(nint context, Span<byte> destination, out int length);
}
