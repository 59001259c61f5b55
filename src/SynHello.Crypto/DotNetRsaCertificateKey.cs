using System.Security.Cryptography;

using SynHello.Tls;
using SynHello.Wire;

namespace SynHello.Crypto;

/// <summary>
/// An rsaEncryption key in .NET, where libcrypto is missing or older than 3.0. It checks PSS signatures whose salt is
/// as long
/// as the hash (RFC 8446 section 4.2.3), and for TLS 1.2 those of PKCS #1 v1.5.
/// </summary>
internal sealed class DotNetRsaCertificateKey(RSA key) : CertificateKey
{
    private readonly SignatureScheme[] _schemes = Digest.RsaPssSchemes(key.KeySize);

    public override bool Fits(SignatureScheme scheme) => Array.IndexOf(_schemes, scheme) >= 0;

    public override bool FitsTls12(SignatureScheme scheme) => Fits(scheme) || Digest.IsRsaPkcs1(scheme);

    public override bool Verify(SignatureScheme scheme, ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature)
    {
        if (!FitsTls12(scheme))
            return false;

        try
        {
            return key.VerifyData(
                message,
                signature,
                Digest.Of(scheme),
                Digest.IsRsaPkcs1(scheme) ? RSASignaturePadding.Pkcs1 : RSASignaturePadding.Pss);
        }
        catch (CryptographicException)
        {
            // A modulus that is no product of primes can fail in ways that are no mere mismatch.
            return false;
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            key.Dispose();
    }
}
