using System.Security.Cryptography;

using SynHello.Wire;

namespace SynHello.Tls;

/// <summary>What a TLS 1.3 cipher suite stands for (RFC 8446 appendix B.4).</summary>
internal readonly record struct CipherSuiteParameters(HashAlgorithmName Hash, int HashLength, int KeyLength)
{
    /// <summary>The longest hash of any suite.</summary>
    public const int MaximumHashLength = 48;

    /// <summary>The hash of nothing (FIPS 180-4), which every Derive-Secret without messages takes (RFC 8446 section 7.1).</summary>
    public ReadOnlySpan<byte> EmptyHash => HashLength == 32 ? EmptySha256 : EmptySha384;

    private static ReadOnlySpan<byte> EmptySha256 =>
    [
        0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9, 0x24,
        0x27, 0xae, 0x41, 0xe4, 0x64, 0x9b, 0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55,
    ];

    private static ReadOnlySpan<byte> EmptySha384 =>
    [
        0x38, 0xb0, 0x60, 0xa7, 0x51, 0xac, 0x96, 0x38, 0x4c, 0xd9, 0x32, 0x7e, 0xb1, 0xb1, 0xe3, 0x6a,
        0x21, 0xfd, 0xb7, 0x11, 0x14, 0xbe, 0x07, 0x43, 0x4c, 0x0c, 0xc7, 0xbf, 0x63, 0xf6, 0xe1, 0xda,
        0x27, 0x4e, 0xde, 0xbf, 0xe7, 0x6f, 0x65, 0xfb, 0xd5, 0x1a, 0xd2, 0xf1, 0x48, 0x98, 0xb9, 0x5b,
    ];

    public static CipherSuiteParameters Of(CipherSuite suite) => suite.Value switch
    {
        0x1301 => new(HashAlgorithmName.SHA256, 32, 16),
        0x1302 => new(HashAlgorithmName.SHA384, 48, 32),
        0x1303 => new(HashAlgorithmName.SHA256, 32, 32),
        _ => throw new NotSupportedException($"{suite} is not a TLS 1.3 cipher suite."),
    };

    /// <summary>Whether it is a suite of TLS 1.3 that is spoken here.</summary>
    public static bool IsKnown(CipherSuite suite) => suite.Value is >= 0x1301 and <= 0x1303;
}
