using System.Security.Cryptography;

using SynHello.Wire;

namespace SynHello.Tls;

/// <summary>What a TLS 1.3 cipher suite stands for (RFC 8446 appendix B.4).</summary>
internal readonly record struct CipherSuiteParameters(HashAlgorithmName Hash, int HashLength, int KeyLength)
{
    /// <summary>The longest hash of any suite.</summary>
    public const int MaximumHashLength = 48;

    public static CipherSuiteParameters Of(CipherSuite suite) => suite.Value switch
    {
        0x1301 => new(HashAlgorithmName.SHA256, 32, 16),
        0x1302 => new(HashAlgorithmName.SHA384, 48, 32),
        0x1303 => new(HashAlgorithmName.SHA256, 32, 32),
        _ => throw new NotSupportedException($"{suite} is not a TLS 1.3 cipher suite."),
    };
}
