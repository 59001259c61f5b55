using System.Security.Cryptography;

using SynHello.Tls;
using SynHello.Wire;

namespace SynHello.Crypto;

/// <summary>
/// An rsaEncryption key in .NET, where libcrypto is missing or older than 3.0. It checks PSS signatures whose salt is
/// as long
/// as the hash (RFC 8446 section 4.2.3).
/// </summary>
internal sealed class DotNetRsaCertificateKey(RSA key) : CertificateKey
{
    private readonly SignatureScheme[] _schemes = Digest.RsaPssSchemes(key.KeySize);

    public override bool Fits(SignatureScheme scheme) => Array.IndexOf(_schemes, scheme) >= 0;

    public override bool Verify(SignatureScheme scheme, ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature)
    {
        if (!Fits(scheme))
            return false;

        try
        {
            return key.VerifyData(message, signature, Digest.Of(scheme), RSASignaturePadding.Pss);
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
