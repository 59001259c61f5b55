using System.Security.Cryptography;

using SynHello.Wire;

namespace SynHello.Tls;

/// <summary>What a cipher suite of TLS 1.2 stands for (RFC 5288, RFC 5289, RFC 7905).</summary>
/// <param name="Hash">The hash of the PRF and the transcript.</param>
/// <param name="HashLength">Its size in bytes.</param>
/// <param name="KeyLength">The size of a traffic key in bytes.</param>
/// <param name="FixedNonceLength">The bytes of the nonce that come out of the key block.</param>
/// <param name="ExplicitNonceLength">The bytes of the nonce that stand in each record.</param>
/// <param name="IsEcdsa">Whether the server signs with ECDSA or EdDSA; with RSA otherwise (RFC 8422 section 2).</param>
internal readonly record struct Tls12CipherSuiteParameters(
    HashAlgorithmName Hash,
    int HashLength,
    int KeyLength,
    int FixedNonceLength,
    int ExplicitNonceLength,
    bool IsEcdsa)
{
    public static Tls12CipherSuiteParameters Of(CipherSuite suite) => suite.Value switch
    {
        0xc02b or 0xc02f => new(HashAlgorithmName.SHA256, 32, 16, 4, 8, suite.Value == 0xc02b),
        0xc02c or 0xc030 => new(HashAlgorithmName.SHA384, 48, 32, 4, 8, suite.Value == 0xc02c),
        0xcca8 or 0xcca9 => new(HashAlgorithmName.SHA256, 32, 32, 12, 0, suite.Value == 0xcca9),
        _ => throw new NotSupportedException($"{suite} is not a TLS 1.2 cipher suite that is spoken here."),
    };

    /// <summary>Whether it is one that is spoken here.</summary>
    public static bool IsKnown(CipherSuite suite) =>
        suite.Value is 0xc02b or 0xc02c or 0xc02f or 0xc030 or 0xcca8 or 0xcca9;

    /// <summary>Whether the scheme is for the suites that say ECDSA.</summary>
    public static bool IsEcdsaScheme(SignatureScheme scheme) =>
        scheme == SignatureScheme.EcdsaSecp256r1Sha256
        || scheme == SignatureScheme.EcdsaSecp384r1Sha384
        || scheme == SignatureScheme.Ed25519;
}
