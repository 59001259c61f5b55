namespace SynHello.Wire;

/// <summary>What an alert says (RFC 8446 section 6). Unknown values survive.</summary>
/// <param name="Value">The octet on the wire.</param>
public readonly record struct AlertDescription(byte Value)
{
    /// <summary>close_notify (0): the sender sends nothing more.</summary>
    public static AlertDescription CloseNotify => new(0);

    /// <summary>unexpected_message (10).</summary>
    public static AlertDescription UnexpectedMessage => new(10);

    /// <summary>bad_record_mac (20).</summary>
    public static AlertDescription BadRecordMac => new(20);

    /// <summary>record_overflow (22).</summary>
    public static AlertDescription RecordOverflow => new(22);

    /// <summary>handshake_failure (40).</summary>
    public static AlertDescription HandshakeFailure => new(40);

    /// <summary>bad_certificate (42).</summary>
    public static AlertDescription BadCertificate => new(42);

    /// <summary>unsupported_certificate (43).</summary>
    public static AlertDescription UnsupportedCertificate => new(43);

    /// <summary>certificate_revoked (44).</summary>
    public static AlertDescription CertificateRevoked => new(44);

    /// <summary>certificate_expired (45).</summary>
    public static AlertDescription CertificateExpired => new(45);

    /// <summary>certificate_unknown (46).</summary>
    public static AlertDescription CertificateUnknown => new(46);

    /// <summary>illegal_parameter (47).</summary>
    public static AlertDescription IllegalParameter => new(47);

    /// <summary>unknown_ca (48).</summary>
    public static AlertDescription UnknownCa => new(48);

    /// <summary>access_denied (49).</summary>
    public static AlertDescription AccessDenied => new(49);

    /// <summary>decode_error (50).</summary>
    public static AlertDescription DecodeError => new(50);

    /// <summary>decrypt_error (51).</summary>
    public static AlertDescription DecryptError => new(51);

    /// <summary>protocol_version (70).</summary>
    public static AlertDescription ProtocolVersion => new(70);

    /// <summary>insufficient_security (71).</summary>
    public static AlertDescription InsufficientSecurity => new(71);

    /// <summary>internal_error (80).</summary>
    public static AlertDescription InternalError => new(80);

    /// <summary>inappropriate_fallback (86), RFC 7507.</summary>
    public static AlertDescription InappropriateFallback => new(86);

    /// <summary>user_canceled (90).</summary>
    public static AlertDescription UserCanceled => new(90);

    /// <summary>no_renegotiation (100), TLS 1.2 (RFC 5246 section 7.2.2): always a warning.</summary>
    public static AlertDescription NoRenegotiation => new(100);

    /// <summary>missing_extension (109).</summary>
    public static AlertDescription MissingExtension => new(109);

    /// <summary>unsupported_extension (110).</summary>
    public static AlertDescription UnsupportedExtension => new(110);

    /// <summary>unrecognized_name (112).</summary>
    public static AlertDescription UnrecognizedName => new(112);

    /// <summary>bad_certificate_status_response (113).</summary>
    public static AlertDescription BadCertificateStatusResponse => new(113);

    /// <summary>unknown_psk_identity (115).</summary>
    public static AlertDescription UnknownPskIdentity => new(115);

    /// <summary>certificate_required (116).</summary>
    public static AlertDescription CertificateRequired => new(116);

    /// <summary>no_application_protocol (120), RFC 7301.</summary>
    public static AlertDescription NoApplicationProtocol => new(120);

    /// <summary>The RFC's name of the alert, or its number when it is unknown.</summary>
    public override string ToString() => Value switch
    {
        0 => "close_notify",
        10 => "unexpected_message",
        20 => "bad_record_mac",
        22 => "record_overflow",
        40 => "handshake_failure",
        42 => "bad_certificate",
        43 => "unsupported_certificate",
        44 => "certificate_revoked",
        45 => "certificate_expired",
        46 => "certificate_unknown",
        47 => "illegal_parameter",
        48 => "unknown_ca",
        49 => "access_denied",
        50 => "decode_error",
        51 => "decrypt_error",
        70 => "protocol_version",
        71 => "insufficient_security",
        80 => "internal_error",
        86 => "inappropriate_fallback",
        90 => "user_canceled",
        100 => "no_renegotiation",
        109 => "missing_extension",
        110 => "unsupported_extension",
        112 => "unrecognized_name",
        113 => "bad_certificate_status_response",
        115 => "unknown_psk_identity",
        116 => "certificate_required",
        120 => "no_application_protocol",
        _ => CodePoint.Unknown(Value),
    };
}
