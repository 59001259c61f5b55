using System.Security.Cryptography;

using SynHello.Tls;
using SynHello.Wire;

namespace SynHello.Crypto;

/// <summary>
/// An rsaEncryption key in libcrypto. It checks PSS signatures whose salt is as long as the hash (RFC 8446 section
/// 4.2.3), and for TLS 1.2 those of PKCS #1 v1.5.
/// </summary>
internal sealed class RsaCertificateKey : CertificateKey
{
    private readonly EvpKeyHandle _key;
    private readonly SignatureScheme[] _schemes;

    private RsaCertificateKey(EvpKeyHandle key, SignatureScheme[] schemes)
    {
        _key = key;
        _schemes = schemes;
    }

    /// <param name="publicKey">The DER of an RSAPublicKey (RFC 8017 appendix A.1.1).</param>
    /// <param name="schemes">The schemes that a key of its size can use.</param>
    /// <exception cref="CryptographicException">libcrypto does not take the key.</exception>
    public static unsafe RsaCertificateKey Import(ReadOnlySpan<byte> publicKey, SignatureScheme[] schemes)
    {
        fixed (byte* start = publicKey)
        {
            var source = start;
            var key = Libcrypto.d2i_PublicKey(Libcrypto.EvpPkeyRsa, 0, &source, publicKey.Length);
            if (!key.IsInvalid)
                return new RsaCertificateKey(key, schemes);

            key.Dispose();
        }

        Libcrypto.ERR_clear_error();
        throw new CryptographicException("libcrypto does not take the RSA key.");
    }

    public override bool Fits(SignatureScheme scheme) => Array.IndexOf(_schemes, scheme) >= 0;

    public override bool FitsTls12(SignatureScheme scheme) => Fits(scheme) || Digest.IsRsaPkcs1(scheme);

    public override bool Verify(SignatureScheme scheme, ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature)
    {
        if (!FitsTls12(scheme) || signature.IsEmpty)
            return false;

        var context = Libcrypto.EVP_MD_CTX_new();
        var verified = context != 0
            && Libcrypto.EVP_DigestVerifyInit(context, out var keyContext, DigestOf(scheme), 0, _key) == 1
            && SetPadding(keyContext, scheme)
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

    private static bool SetPadding(nint keyContext, SignatureScheme scheme) => Digest.IsRsaPkcs1(scheme)
        ? Libcrypto.EVP_PKEY_CTX_set_rsa_padding(keyContext, Libcrypto.RsaPkcs1Padding) == 1
        : Libcrypto.EVP_PKEY_CTX_set_rsa_padding(keyContext, Libcrypto.RsaPssPadding) == 1
            && Libcrypto.EVP_PKEY_CTX_set_rsa_pss_saltlen(keyContext, Libcrypto.RsaPssSaltLengthOfDigest) == 1;

    private static nint DigestOf(SignatureScheme scheme)
    {
        var algorithm = Digest.Of(scheme);
        if (algorithm == HashAlgorithmName.SHA256)
            return Libcrypto.EVP_sha256();

        return algorithm == HashAlgorithmName.SHA384 ? Libcrypto.EVP_sha384() : Libcrypto.EVP_sha512();
    }
}
