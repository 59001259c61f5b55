using System.Security.Cryptography;

using SynHello.Tls;
using SynHello.Wire;

namespace SynHello.Crypto;

/// <summary>x25519 (RFC 7748 sections 5 and 6.1) in libcrypto.</summary>
internal sealed class X25519KeyExchange : KeyExchange
{
    public const int KeyLength = 32;

    private readonly EvpKeyHandle _key;
    private readonly byte[] _publicKey;

    private X25519KeyExchange(EvpKeyHandle key, byte[] publicKey)
    {
        _key = key;
        _publicKey = publicKey;
    }

    public override NamedGroup Group => NamedGroup.X25519;

    public override ReadOnlySpan<byte> PublicKey => _publicKey;

    public override int SharedSecretLength => KeyLength;

    /// <summary>Makes the key pair of 32 private octets; libcrypto clamps them.</summary>
    public static X25519KeyExchange Import(ReadOnlySpan<byte> privateKey)
    {
        if (privateKey.Length != KeyLength)
            throw new ArgumentException("An x25519 private key has 32 octets.", nameof(privateKey));

        var key = Libcrypto.EVP_PKEY_new_raw_private_key(Libcrypto.EvpPkeyX25519, 0, privateKey, KeyLength);
        var publicKey = new byte[KeyLength];
        nuint length = KeyLength;
        if (!key.IsInvalid
            && Libcrypto.EVP_PKEY_get_raw_public_key(key, publicKey, ref length) == 1
            && length == KeyLength)
        {
            return new X25519KeyExchange(key, publicKey);
        }

        key.Dispose();
        Libcrypto.ERR_clear_error();
        throw new CryptographicException("libcrypto could not make an x25519 key pair.");
    }

    public override void DeriveSharedSecret(ReadOnlySpan<byte> peerPublicKey, Span<byte> sharedSecret)
    {
        Digest.Exactly(sharedSecret, KeyLength);
        if (peerPublicKey.Length != KeyLength)
        {
            throw new TlsProtocolException(
                TlsErrorCause.InvalidKeyShare,
                "An x25519 key share does not have 32 octets.");
        }

        // libcrypto refuses an all-zero result too; the comparison does not rely on that (RFC 8446 section 7.4.2).
        if (!TryDerive(peerPublicKey, sharedSecret) || IsAllZero(sharedSecret))
        {
            CryptographicOperations.ZeroMemory(sharedSecret);
            throw new TlsProtocolException(
                TlsErrorCause.InvalidKeyShare, "An x25519 key share leads to an all-zero shared secret.");
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _key.Dispose();
    }

    private bool TryDerive(ReadOnlySpan<byte> peerPublicKey, Span<byte> sharedSecret)
    {
        using var peer = Libcrypto.EVP_PKEY_new_raw_public_key(Libcrypto.EvpPkeyX25519, 0, peerPublicKey, KeyLength);
        var context = Libcrypto.EVP_PKEY_CTX_new(_key, 0);
        nuint length = KeyLength;
        var derived = !peer.IsInvalid
            && context != 0
            && Libcrypto.EVP_PKEY_derive_init(context) == 1
            && SetPeer(context, peer) == 1
            && Libcrypto.EVP_PKEY_derive(context, sharedSecret, ref length) == 1
            && length == KeyLength;
        Libcrypto.EVP_PKEY_CTX_free(context);
        if (!derived)
            Libcrypto.ERR_clear_error();

        return derived;
    }

    /// <summary>
    /// Without the check of the peer's key where it can be left out: every 32 octets are a key (RFC 7748 section 5),
    /// and
    /// looking for a checker takes an eighth of the time.
    /// </summary>
    private static int SetPeer(nint context, EvpKeyHandle peer) => LibcryptoStatus.HasOptionalFunctions
        ? Libcrypto.EVP_PKEY_derive_set_peer_ex(context, peer, validate: 0)
        : Libcrypto.EVP_PKEY_derive_set_peer(context, peer);

    private static bool IsAllZero(ReadOnlySpan<byte> secret)
    {
        ReadOnlySpan<byte> zeros = stackalloc byte[KeyLength];
        return CryptographicOperations.FixedTimeEquals(secret, zeros);
    }
}
