using System.Security.Cryptography;

using SynHello.Tls;
using SynHello.Wire;

namespace SynHello.Crypto;

/// <summary>An ECDSA key of a NIST curve in libcrypto.</summary>
internal sealed class EcdsaCertificateKey : CertificateKey
{
    private readonly NistCurve _curve;
    private readonly EcKeyHandle _key;

    private EcdsaCertificateKey(NistCurve curve, EcKeyHandle key)
    {
        _curve = curve;
        _key = key;
    }

    /// <exception cref="CryptographicException">The point is not on the curve.</exception>
    public static EcdsaCertificateKey Import(NistCurve curve, ReadOnlySpan<byte> publicPoint)
    {
        var key = EcKeyHandle.Create(curve);
        var point = Libcrypto.EC_POINT_new(curve.NativeGroup);
        var imported = point != 0
            && Libcrypto.EC_POINT_oct2point(curve.NativeGroup, point, publicPoint, (nuint)publicPoint.Length, 0) == 1
            && Libcrypto.EC_KEY_set_public_key(key, point) == 1;
        Libcrypto.EC_POINT_free(point);
        if (imported)
            return new EcdsaCertificateKey(curve, key);

        key.Dispose();
        Libcrypto.ERR_clear_error();
        throw new CryptographicException("The public point is not on the curve.");
    }

    public override bool Fits(SignatureScheme scheme) => scheme == _curve.Scheme;

    /// <summary>In TLS 1.2 a scheme names the hash alone, and goes with any curve (RFC 8422 section 5.1.1).</summary>
    public override bool FitsTls12(SignatureScheme scheme) => NistCurve.IsScheme(scheme);

    public override bool Verify(SignatureScheme scheme, ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature)
    {
        if (!FitsTls12(scheme) || signature.IsEmpty)
            return false;

        Span<byte> hash = stackalloc byte[Digest.MaximumLength];
        var hashLength = Digest.Compute(Digest.Of(scheme), message, hash);
        var result = Libcrypto.ECDSA_verify(0, hash, hashLength, signature, signature.Length, _key);
        if (result == 1)
            return true;

        Libcrypto.ERR_clear_error();
        return false;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _key.Dispose();
    }
}
