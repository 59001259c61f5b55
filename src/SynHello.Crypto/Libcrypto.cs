using System.Runtime.InteropServices;

namespace SynHello.Crypto;

/// <summary>
/// The functions of OpenSSL's libcrypto in use, each but the optional ones there since 1.1.1.
/// <see cref="LibcryptoStatus"/> finds the library and checks that it has them all; nothing here may be called when it
/// says
/// otherwise.
/// </summary>
/// <remarks>
/// EC_KEY instead of EVP_PKEY for the NIST curves: in OpenSSL 3 a key pair costs a fifth less and a derivation a sixth
/// less
/// so. A failing call leaves entries in the thread's error queue; <see cref="ERR_clear_error"/> takes them away
/// before .NET's own calls could meet them.
/// </remarks>
internal static partial class Libcrypto
{
    public const string Name = "libcrypto";

    public const int EvpPkeyRsa = 6;
    public const int EvpPkeyX25519 = 1034;
    public const int EvpPkeyEd25519 = 1087;
    public const int PointConversionUncompressed = 4;
    public const int RsaPkcs1Padding = 1;
    public const int RsaPssPadding = 6;
    public const int RsaPssSaltLengthOfDigest = -1;
    public const int AeadGetTag = 0x10;
    public const int AeadSetTag = 0x11;

    /// <summary>Every function below that must be there, for the check.</summary>
    public static readonly string[] Functions =
    [
        nameof(OpenSSL_version), nameof(ERR_clear_error),
        nameof(EVP_PKEY_new_raw_private_key), nameof(EVP_PKEY_new_raw_public_key), nameof(EVP_PKEY_get_raw_public_key),
        nameof(EVP_PKEY_free), nameof(EVP_PKEY_CTX_new), nameof(EVP_PKEY_CTX_free), nameof(EVP_PKEY_derive_init),
        nameof(EVP_PKEY_derive_set_peer), nameof(EVP_PKEY_derive),
        nameof(EVP_MD_CTX_new), nameof(EVP_MD_CTX_free), nameof(EVP_DigestVerifyInit), nameof(EVP_DigestVerify),
        nameof(EVP_sha256), nameof(EVP_sha384), nameof(EVP_sha512), nameof(d2i_PublicKey),
        nameof(EC_GROUP_new_by_curve_name),
        nameof(EC_KEY_new), nameof(EC_KEY_free), nameof(EC_KEY_set_group), nameof(EC_KEY_generate_key),
        nameof(EC_KEY_check_key), nameof(EC_KEY_get0_public_key), nameof(EC_KEY_set_public_key),
        nameof(EC_KEY_set_private_key),
        nameof(EC_POINT_new), nameof(EC_POINT_free), nameof(EC_POINT_oct2point), nameof(EC_POINT_point2oct),
        nameof(EC_POINT_mul), nameof(BN_bin2bn), nameof(BN_clear_free), nameof(ECDH_compute_key), nameof(ECDSA_verify),
    ];

    /// <summary>Functions since OpenSSL 3.0; without them all there is a slower way.</summary>
    public static readonly string[] OptionalFunctions =
    [
        nameof(EVP_PKEY_derive_set_peer_ex), nameof(EVP_PKEY_CTX_set_rsa_padding), nameof(EVP_PKEY_CTX_set_rsa_pss_saltlen),
        nameof(EVP_MD_fetch), nameof(HMAC_CTX_new), nameof(HMAC_CTX_free), nameof(HMAC_Init_ex), nameof(HMAC_Update),
        nameof(HMAC_Final), nameof(EVP_CIPHER_fetch), nameof(EVP_CIPHER_CTX_new), nameof(EVP_CIPHER_CTX_free),
        nameof(EVP_CIPHER_CTX_ctrl), nameof(EVP_CipherInit_ex), nameof(EVP_CipherUpdate), nameof(EVP_CipherFinal_ex),
    ];

    [LibraryImport(Name)]
    public static partial nint OpenSSL_version(int type);

    [LibraryImport(Name)]
    public static partial void ERR_clear_error();

    [LibraryImport(Name)]
    public static partial EvpKeyHandle EVP_PKEY_new_raw_private_key(
        int type, nint engine, ReadOnlySpan<byte> key, nuint length);

    [LibraryImport(Name)]
    public static partial EvpKeyHandle EVP_PKEY_new_raw_public_key(
        int type, nint engine, ReadOnlySpan<byte> key, nuint length);

    [LibraryImport(Name)]
    public static partial int EVP_PKEY_get_raw_public_key(EvpKeyHandle key, Span<byte> destination, ref nuint length);

    [LibraryImport(Name)]
    public static partial void EVP_PKEY_free(nint key);

    [LibraryImport(Name)]
    public static partial nint EVP_PKEY_CTX_new(EvpKeyHandle key, nint engine);

    [LibraryImport(Name)]
    public static partial void EVP_PKEY_CTX_free(nint context);

    [LibraryImport(Name)]
    public static partial int EVP_PKEY_derive_init(nint context);

    [LibraryImport(Name)]
    public static partial int EVP_PKEY_derive_set_peer(nint context, EvpKeyHandle peer);

    /// <summary>Since OpenSSL 3.0: the same with a choice about checking the peer's key.</summary>
    [LibraryImport(Name)]
    public static partial int EVP_PKEY_derive_set_peer_ex(nint context, EvpKeyHandle peer, int validate);

    [LibraryImport(Name)]
    public static partial int EVP_PKEY_derive(nint context, Span<byte> secret, ref nuint length);

    [LibraryImport(Name)]
    public static partial nint EVP_MD_CTX_new();

    [LibraryImport(Name)]
    public static partial void EVP_MD_CTX_free(nint context);

    [LibraryImport(Name)]
    public static partial int EVP_DigestVerifyInit(
        nint context, out nint keyContext, nint digest, nint engine, EvpKeyHandle key);

    [LibraryImport(Name)]
    public static partial int EVP_DigestVerify(
        nint context, ReadOnlySpan<byte> signature, nuint signatureLength, ReadOnlySpan<byte> message, nuint length);

    [LibraryImport(Name)]
    public static partial int EVP_PKEY_CTX_set_rsa_padding(nint keyContext, int padding);

    [LibraryImport(Name)]
    public static partial int EVP_PKEY_CTX_set_rsa_pss_saltlen(nint keyContext, int length);

    [LibraryImport(Name)]
    public static partial nint EVP_sha256();

    [LibraryImport(Name)]
    public static partial nint EVP_sha384();

    [LibraryImport(Name)]
    public static partial nint EVP_sha512();

    /// <summary>
    /// Moves <paramref name="source"/> on; the length is C's long, as wide as a pointer where this runs.
    /// </summary>
    [LibraryImport(Name)]
    public static unsafe partial EvpKeyHandle d2i_PublicKey(int type, nint reused, byte** source, nint length);

    [LibraryImport(Name)]
    public static partial nint EC_GROUP_new_by_curve_name(int nid);

    [LibraryImport(Name)]
    public static partial EcKeyHandle EC_KEY_new();

    [LibraryImport(Name)]
    public static partial void EC_KEY_free(nint key);

    [LibraryImport(Name)]
    public static partial int EC_KEY_set_group(EcKeyHandle key, nint group);

    [LibraryImport(Name)]
    public static partial int EC_KEY_generate_key(EcKeyHandle key);

    [LibraryImport(Name)]
    public static partial int EC_KEY_check_key(EcKeyHandle key);

    [LibraryImport(Name)]
    public static partial nint EC_KEY_get0_public_key(EcKeyHandle key);

    [LibraryImport(Name)]
    public static partial int EC_KEY_set_public_key(EcKeyHandle key, nint point);

    [LibraryImport(Name)]
    public static partial int EC_KEY_set_private_key(EcKeyHandle key, nint number);

    [LibraryImport(Name)]
    public static partial nint EC_POINT_new(nint group);

    [LibraryImport(Name)]
    public static partial void EC_POINT_free(nint point);

    /// <summary>Refuses coordinates above the field and points off the curve.</summary>
    [LibraryImport(Name)]
    public static partial int EC_POINT_oct2point(
        nint group, nint point, ReadOnlySpan<byte> octets, nuint length, nint context);

    [LibraryImport(Name)]
    public static partial nuint EC_POINT_point2oct(
        nint group, nint point, int form, Span<byte> octets, nuint length, nint context);

    [LibraryImport(Name)]
    public static partial int EC_POINT_mul(
        nint group, nint result, nint generatorScalar, nint point, nint pointScalar, nint context);

    [LibraryImport(Name)]
    public static partial nint BN_bin2bn(ReadOnlySpan<byte> octets, int length, nint result);

    [LibraryImport(Name)]
    public static partial void BN_clear_free(nint number);

    [LibraryImport(Name)]
    public static partial int ECDH_compute_key(
        Span<byte> secret, nuint length, nint point, EcKeyHandle key, nint keyDerivation);

    [LibraryImport(Name)]
    public static partial int ECDSA_verify(
        int type, ReadOnlySpan<byte> hash, int hashLength, ReadOnlySpan<byte> signature, int length, EcKeyHandle key);

    [LibraryImport(Name, StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint EVP_MD_fetch(nint context, string algorithm, string? properties);

    [LibraryImport(Name)]
    public static partial nint HMAC_CTX_new();

    [LibraryImport(Name)]
    public static partial void HMAC_CTX_free(nint context);

    [LibraryImport(Name)]
    public static partial int HMAC_Init_ex(nint context, ReadOnlySpan<byte> key, int length, nint hash, nint engine);

    [LibraryImport(Name)]
    public static partial int HMAC_Update(nint context, ReadOnlySpan<byte> data, nuint length);

    [LibraryImport(Name)]
    public static partial int HMAC_Final(nint context, Span<byte> destination, ref uint length);

    [LibraryImport(Name, StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint EVP_CIPHER_fetch(nint context, string algorithm, string? properties);

    [LibraryImport(Name)]
    public static partial EvpCipherContextHandle EVP_CIPHER_CTX_new();

    [LibraryImport(Name)]
    public static partial void EVP_CIPHER_CTX_free(nint context);

    [LibraryImport(Name)]
    public static partial int EVP_CIPHER_CTX_ctrl(nint context, int type, int argument, ReadOnlySpan<byte> tag);

    /// <summary>What is zero or empty stays as it is: the cipher, the key, the nonce.</summary>
    [LibraryImport(Name)]
    public static partial int EVP_CipherInit_ex(
        nint context, nint cipher, nint engine, ReadOnlySpan<byte> key, ReadOnlySpan<byte> nonce, int encrypt);

    /// <summary>With an empty <paramref name="destination"/> the input is associated data.</summary>
    [LibraryImport(Name)]
    public static partial int EVP_CipherUpdate(
        nint context, Span<byte> destination, out int written, ReadOnlySpan<byte> input, int length);

    [LibraryImport(Name)]
    public static partial int EVP_CipherFinal_ex(nint context, Span<byte> destination, out int written);
}
