using System.Security.Cryptography;

using SynHello.Tls;
using SynHello.Wire;

namespace SynHello.Crypto;

/// <summary>ECDH over a NIST curve (RFC 8446 section 7.4.2) in libcrypto.</summary>
internal sealed class EcdhKeyExchange : KeyExchange
{
    private readonly NistCurve _curve;
    private readonly EcKeyHandle _key;
    private readonly byte[] _publicKey;

    private EcdhKeyExchange(NistCurve curve, EcKeyHandle key, byte[] publicKey)
    {
        _curve = curve;
        _key = key;
        _publicKey = publicKey;
    }

    public override NamedGroup Group => _curve.Group;

    public override ReadOnlySpan<byte> PublicKey => _publicKey;

    public override int SharedSecretLength => _curve.FieldLength;

    public static EcdhKeyExchange Generate(NistCurve curve)
    {
        var key = EcKeyHandle.Create(curve);
        return Complete(curve, key, Libcrypto.EC_KEY_generate_key(key) == 1);
    }

    /// <summary>Makes the key pair of a known scalar: slower, and checked, for replaying recorded handshakes.</summary>
    public static EcdhKeyExchange Import(NistCurve curve, ReadOnlySpan<byte> privateKey)
    {
        if (privateKey.Length != curve.FieldLength)
            throw new ArgumentException($"A {curve.Group} private key has {curve.FieldLength} octets.", nameof(privateKey));

        var key = EcKeyHandle.Create(curve);
        var scalar = Libcrypto.BN_bin2bn(privateKey, privateKey.Length, 0);
        var point = Libcrypto.EC_POINT_new(curve.NativeGroup);
        var imported = scalar != 0
            && point != 0
            && Libcrypto.EC_KEY_set_private_key(key, scalar) == 1
            && Libcrypto.EC_POINT_mul(curve.NativeGroup, point, scalar, 0, 0, 0) == 1
            && Libcrypto.EC_KEY_set_public_key(key, point) == 1
            && Libcrypto.EC_KEY_check_key(key) == 1;
        Libcrypto.EC_POINT_free(point);
        Libcrypto.BN_clear_free(scalar);
        return Complete(curve, key, imported);
    }

    public override void DeriveSharedSecret(ReadOnlySpan<byte> peerPublicKey, Span<byte> sharedSecret)
    {
        Digest.Exactly(sharedSecret, _curve.FieldLength);
        if (!_curve.HasPointForm(peerPublicKey))
        {
            throw new TlsProtocolException(
                TlsErrorCause.InvalidKeyShare, $"A {Group} key share is not an uncompressed point.");
        }

        // The cofactor is 1: a point on the curve is a point of the right order (SP 800-56A section 5.6.2.3.4).
        var point = Libcrypto.EC_POINT_new(_curve.NativeGroup);
        var onCurve = point != 0
            && Libcrypto.EC_POINT_oct2point(
                _curve.NativeGroup, point, peerPublicKey, (nuint)peerPublicKey.Length, 0) == 1;
        try
        {
            if (onCurve
                && Libcrypto.ECDH_compute_key(sharedSecret, (nuint)sharedSecret.Length, point, _key, 0)
                    == sharedSecret.Length)
            {
                return;
            }
        }
        finally
        {
            Libcrypto.EC_POINT_free(point);
        }

        Libcrypto.ERR_clear_error();
        CryptographicOperations.ZeroMemory(sharedSecret);
        throw new TlsProtocolException(TlsErrorCause.InvalidKeyShare, $"A {Group} key share is not on the curve.");
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _key.Dispose();
    }

    private static EcdhKeyExchange Complete(NistCurve curve, EcKeyHandle key, bool succeeded)
    {
        var publicKey = new byte[curve.PointLength];
        if (succeeded)
        {
            var written = Libcrypto.EC_POINT_point2oct(
                curve.NativeGroup,
                Libcrypto.EC_KEY_get0_public_key(key),
                Libcrypto.PointConversionUncompressed,
                publicKey,
                (nuint)publicKey.Length,
                0);

            // The point belongs to the key.
            GC.KeepAlive(key);
            if (written == (nuint)publicKey.Length)
                return new EcdhKeyExchange(curve, key, publicKey);
        }

        key.Dispose();
        Libcrypto.ERR_clear_error();
        throw new CryptographicException($"libcrypto could not make a {curve.Group} key pair.");
    }
}
