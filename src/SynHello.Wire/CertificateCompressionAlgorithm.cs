namespace SynHello.Wire;

/// <summary>How a Certificate message is compressed (RFC 8879 section 7.3). Unknown values survive.</summary>
/// <param name="Value">The two octets on the wire.</param>
public readonly record struct CertificateCompressionAlgorithm(ushort Value)
{
    /// <summary>zlib (1), RFC 1950.</summary>
    public static CertificateCompressionAlgorithm Zlib => new(1);

    /// <summary>brotli (2), RFC 7932.</summary>
    public static CertificateCompressionAlgorithm Brotli => new(2);

    /// <summary>zstd (3), RFC 8478.</summary>
    public static CertificateCompressionAlgorithm Zstd => new(3);

    /// <summary>The RFC's name of the value, or its number when it is unknown.</summary>
    public override string ToString() => Value switch
    {
        1 => "zlib",
        2 => "brotli",
        3 => "zstd",
        _ => CodePoint.Unknown(Value),
    };
}
