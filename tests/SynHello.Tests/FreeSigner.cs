using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace SynHello.Tests;

/// <summary>
/// Signs certificates in ways that .NET's own generators refuse: over any hash, and RSASSA-PSS with its default of SHA-1.
/// </summary>
/// <param name="key">An RSA, ECDSA or DSA key.</param>
/// <param name="identifier">The signature algorithm's object identifier.</param>
/// <param name="padding">How RSA pads.</param>
internal sealed class FreeSigner(AsymmetricAlgorithm key, string identifier, RSASignaturePadding? padding = null) : X509SignatureGenerator
{
    public override byte[] GetSignatureAlgorithmIdentifier(HashAlgorithmName hashAlgorithm)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            writer.WriteObjectIdentifier(identifier);
            if (padding == RSASignaturePadding.Pss)
                writer.PushSequence().Dispose(); // no parameter: the defaults
            else if (key is RSA)
                writer.WriteNull();
        }

        return writer.Encode();
    }

    public override byte[] SignData(byte[] data, HashAlgorithmName hashAlgorithm) => key switch
    {
        RSA rsa => rsa.SignData(data, hashAlgorithm, padding ?? RSASignaturePadding.Pkcs1),
        DSA dsa => dsa.SignData(data, hashAlgorithm, DSASignatureFormat.Rfc3279DerSequence),
        ECDsa ecdsa => ecdsa.SignData(data, hashAlgorithm, DSASignatureFormat.Rfc3279DerSequence),
        _ => throw new InvalidOperationException("The key is of no known kind."),
    };

    protected override PublicKey BuildPublicKey() => CertificateForge.PublicKeyOf(key);
}
