using System.Security.Cryptography;

using SynHello.Tls;
using SynHello.Wire;

namespace SynHello.Crypto;

/// <summary>An Ed25519 key (RFC 8032 section 5.1.7) in libcrypto.</summary>
internal sealed class Ed25519CertificateKey : CertificateKey
{
    public const int KeyLength = 32;

    private const int SignatureLength = 64;

    private readonly EvpKeyHandle _key;

    private Ed25519CertificateKey(EvpKeyHandle key) => _key = key;

    /// <exception cref="CryptographicException">libcrypto does not take the key.</exception>
    public static Ed25519CertificateKey Import(ReadOnlySpan<byte> publicKey)
    {
        var key = Libcrypto.EVP_PKEY_new_raw_public_key(
            Libcrypto.EvpPkeyEd25519, 0, publicKey, (nuint)publicKey.Length);
        if (!key.IsInvalid)
            return new Ed25519CertificateKey(key);

        key.Dispose();
        Libcrypto.ERR_clear_error();
        throw new CryptographicException("libcrypto does not take the Ed25519 key.");
    }

    public override bool Fits(SignatureScheme scheme) => scheme == SignatureScheme.Ed25519;

    public override bool Verify(SignatureScheme scheme, ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature)
    {
        if (!Fits(scheme) || signature.Length != SignatureLength)
            return false;

        var context = Libcrypto.EVP_MD_CTX_new();
        var verified = context != 0
            && Libcrypto.EVP_DigestVerifyInit(context, out _, 0, 0, _key) == 1
            && Libcrypto.EVP_DigestVerify(
                context, signature, (nuint)signature.Length, message, (nuint)message.Length) == 1;
        Libcrypto.EVP_MD_CTX_free(context);
        if (!verified)
            Libcrypto.ERR_clear_error();

        return verified;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _key.Dispose();
    }
}
