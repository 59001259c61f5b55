using System.Security.Cryptography;

using SynHello.Tls;
using SynHello.Wire;

namespace SynHello.Crypto;

/// <summary>An ECDSA key of a NIST curve in .NET, where there is no libcrypto.</summary>
internal sealed class DotNetEcdsaCertificateKey : CertificateKey
{
    private readonly NistCurve _curve;
    private readonly ECDsa _key;

    private DotNetEcdsaCertificateKey(NistCurve curve, ECDsa key)
    {
        _curve = curve;
        _key = key;
    }

    /// <exception cref="CryptographicException">The point is not on the curve.</exception>
    public static DotNetEcdsaCertificateKey Import(NistCurve curve, ReadOnlySpan<byte> publicPoint) =>
        new(curve, ECDsa.Create(new ECParameters { Curve = curve.Curve, Q = curve.ToPoint(publicPoint) }));

    public override bool Fits(SignatureScheme scheme) => scheme == _curve.Scheme;

    /// <summary>In TLS 1.2 a scheme names the hash alone, and goes with any curve (RFC 8422 section 5.1.1).</summary>
    public override bool FitsTls12(SignatureScheme scheme) => NistCurve.IsScheme(scheme);

    public override bool Verify(SignatureScheme scheme, ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature)
    {
        if (!FitsTls12(scheme))
            return false;

        try
        {
            return _key.VerifyData(message, signature, Digest.Of(scheme), DSASignatureFormat.Rfc3279DerSequence);
        }
        catch (CryptographicException)
        {
            // Some platforms report a signature that is no DER this way.
            return false;
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _key.Dispose();
    }
}
