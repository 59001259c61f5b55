using System.Net.Security;

namespace SynHello.Wire;

/// <summary>A TLS cipher suite (RFC 8446 appendix B.4). Unknown values survive.</summary>
/// <param name="Value">The two octets on the wire.</param>
public readonly record struct CipherSuite(ushort Value)
{
    /// <summary>TLS_AES_128_GCM_SHA256 (0x1301).</summary>
    public static CipherSuite TlsAes128GcmSha256 => new(0x1301);

    /// <summary>TLS_AES_256_GCM_SHA384 (0x1302).</summary>
    public static CipherSuite TlsAes256GcmSha384 => new(0x1302);

    /// <summary>TLS_CHACHA20_POLY1305_SHA256 (0x1303).</summary>
    public static CipherSuite TlsChaCha20Poly1305Sha256 => new(0x1303);

    /// <summary>The same suite in .NET's own type.</summary>
    public TlsCipherSuite ToTlsCipherSuite() => (TlsCipherSuite)Value;

    /// <summary>The RFC's name of the suite, or its number when it is unknown.</summary>
    public override string ToString() => Value switch
    {
        0x1301 => "TLS_AES_128_GCM_SHA256",
        0x1302 => "TLS_AES_256_GCM_SHA384",
        0x1303 => "TLS_CHACHA20_POLY1305_SHA256",
        _ => CodePoint.Unknown(Value),
    };
}
