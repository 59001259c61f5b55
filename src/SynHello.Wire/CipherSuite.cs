using System.Net.Security;

namespace SynHello.Wire;

/// <summary>A TLS cipher suite (RFC 8446 appendix B.4, RFC 5246 appendix A.5). Unknown values survive.</summary>
/// <param name="Value">The two octets on the wire.</param>
public readonly record struct CipherSuite(ushort Value)
{
    /// <summary>TLS_AES_128_GCM_SHA256 (0x1301).</summary>
    public static CipherSuite TlsAes128GcmSha256 => new(0x1301);

    /// <summary>TLS_AES_256_GCM_SHA384 (0x1302).</summary>
    public static CipherSuite TlsAes256GcmSha384 => new(0x1302);

    /// <summary>TLS_CHACHA20_POLY1305_SHA256 (0x1303).</summary>
    public static CipherSuite TlsChaCha20Poly1305Sha256 => new(0x1303);

    /// <summary>TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256 (0xc02b), TLS 1.2, RFC 5289.</summary>
    public static CipherSuite TlsEcdheEcdsaWithAes128GcmSha256 => new(0xc02b);

    /// <summary>TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384 (0xc02c), TLS 1.2, RFC 5289.</summary>
    public static CipherSuite TlsEcdheEcdsaWithAes256GcmSha384 => new(0xc02c);

    /// <summary>TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 (0xc02f), TLS 1.2, RFC 5289.</summary>
    public static CipherSuite TlsEcdheRsaWithAes128GcmSha256 => new(0xc02f);

    /// <summary>TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384 (0xc030), TLS 1.2, RFC 5289.</summary>
    public static CipherSuite TlsEcdheRsaWithAes256GcmSha384 => new(0xc030);

    /// <summary>TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256 (0xcca8), TLS 1.2, RFC 7905.</summary>
    public static CipherSuite TlsEcdheRsaWithChaCha20Poly1305Sha256 => new(0xcca8);

    /// <summary>TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256 (0xcca9), TLS 1.2, RFC 7905.</summary>
    public static CipherSuite TlsEcdheEcdsaWithChaCha20Poly1305Sha256 => new(0xcca9);

    /// <summary>
    /// TLS_EMPTY_RENEGOTIATION_INFO_SCSV (0x00ff): no suite, but a client's word that it knows RFC 5746.
    /// </summary>
    internal static CipherSuite EmptyRenegotiationInfoScsv => new(0x00ff);

    /// <summary>
    /// TLS_FALLBACK_SCSV (0x5600): no suite, but a client's word that it could do better (RFC 7507).
    /// </summary>
    internal static CipherSuite FallbackScsv => new(0x5600);

    /// <summary>Whether it is a suite of TLS 1.3, which are of no other version (RFC 8446 appendix B.4).</summary>
    internal bool IsTls13 => Value >> 8 == 0x13;

    /// <summary>The same suite in .NET's own type.</summary>
    public TlsCipherSuite ToTlsCipherSuite() => (TlsCipherSuite)Value;

    /// <summary>The RFC's name of the suite, or its number when it is unknown.</summary>
    public override string ToString() => Value switch
    {
        0x1301 => "TLS_AES_128_GCM_SHA256",
        0x1302 => "TLS_AES_256_GCM_SHA384",
        0x1303 => "TLS_CHACHA20_POLY1305_SHA256",
        0xc02b => "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
        0xc02c => "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
        0xc02f => "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
        0xc030 => "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
        0xcca8 => "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
        0xcca9 => "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
        _ => CodePoint.Unknown(Value),
    };
}
