namespace SynHello.Wire;

/// <summary>The kind of a hello or certificate extension (RFC 8446 section 4.2). Unknown values survive.</summary>
/// <param name="Value">The two octets on the wire.</param>
public readonly record struct ExtensionType(ushort Value)
{
    /// <summary>server_name (0), RFC 6066.</summary>
    public static ExtensionType ServerName => new(0);

    /// <summary>max_fragment_length (1), RFC 6066.</summary>
    public static ExtensionType MaxFragmentLength => new(1);

    /// <summary>status_request (5), RFC 6066.</summary>
    public static ExtensionType StatusRequest => new(5);

    /// <summary>supported_groups (10), RFC 8446 section 4.2.7.</summary>
    public static ExtensionType SupportedGroups => new(10);

    /// <summary>signature_algorithms (13), RFC 8446 section 4.2.3.</summary>
    public static ExtensionType SignatureAlgorithms => new(13);

    /// <summary>use_srtp (14), RFC 5764.</summary>
    public static ExtensionType UseSrtp => new(14);

    /// <summary>heartbeat (15), RFC 6520.</summary>
    public static ExtensionType Heartbeat => new(15);

    /// <summary>application_layer_protocol_negotiation (16), RFC 7301.</summary>
    public static ExtensionType ApplicationLayerProtocolNegotiation => new(16);

    /// <summary>ec_point_formats (11), TLS 1.2, RFC 8422 section 5.1.2.</summary>
    public static ExtensionType EcPointFormats => new(11);

    /// <summary>extended_master_secret (23), TLS 1.2, RFC 7627.</summary>
    public static ExtensionType ExtendedMasterSecret => new(23);

    /// <summary>session_ticket (35), TLS 1.2, RFC 5077.</summary>
    public static ExtensionType SessionTicket => new(35);

    /// <summary>renegotiation_info (65281), TLS 1.2, RFC 5746.</summary>
    public static ExtensionType RenegotiationInfo => new(0xff01);

    /// <summary>signed_certificate_timestamp (18), RFC 6962.</summary>
    public static ExtensionType SignedCertificateTimestamp => new(18);

    /// <summary>client_certificate_type (19), RFC 7250.</summary>
    public static ExtensionType ClientCertificateType => new(19);

    /// <summary>server_certificate_type (20), RFC 7250.</summary>
    public static ExtensionType ServerCertificateType => new(20);

    /// <summary>padding (21), RFC 7685.</summary>
    public static ExtensionType Padding => new(21);

    /// <summary>compress_certificate (27), RFC 8879.</summary>
    public static ExtensionType CompressCertificate => new(27);

    /// <summary>record_size_limit (28), RFC 8449.</summary>
    public static ExtensionType RecordSizeLimit => new(28);

    /// <summary>pre_shared_key (41), RFC 8446 section 4.2.11.</summary>
    public static ExtensionType PreSharedKey => new(41);

    /// <summary>early_data (42), RFC 8446 section 4.2.10.</summary>
    public static ExtensionType EarlyData => new(42);

    /// <summary>supported_versions (43), RFC 8446 section 4.2.1.</summary>
    public static ExtensionType SupportedVersions => new(43);

    /// <summary>cookie (44), RFC 8446 section 4.2.2.</summary>
    public static ExtensionType Cookie => new(44);

    /// <summary>psk_key_exchange_modes (45), RFC 8446 section 4.2.9.</summary>
    public static ExtensionType PskKeyExchangeModes => new(45);

    /// <summary>certificate_authorities (47), RFC 8446 section 4.2.4.</summary>
    public static ExtensionType CertificateAuthorities => new(47);

    /// <summary>oid_filters (48), RFC 8446 section 4.2.5.</summary>
    public static ExtensionType OidFilters => new(48);

    /// <summary>post_handshake_auth (49), RFC 8446 section 4.2.6.</summary>
    public static ExtensionType PostHandshakeAuth => new(49);

    /// <summary>signature_algorithms_cert (50), RFC 8446 section 4.2.3.</summary>
    public static ExtensionType SignatureAlgorithmsCert => new(50);

    /// <summary>key_share (51), RFC 8446 section 4.2.8.</summary>
    public static ExtensionType KeyShare => new(51);

    /// <summary>ticket_request (58), RFC 9149.</summary>
    public static ExtensionType TicketRequest => new(58);

    /// <summary>The RFC's name of the value, or its number when it is unknown.</summary>
    public override string ToString() => Value switch
    {
        0 => "server_name",
        1 => "max_fragment_length",
        5 => "status_request",
        10 => "supported_groups",
        11 => "ec_point_formats",
        13 => "signature_algorithms",
        14 => "use_srtp",
        15 => "heartbeat",
        16 => "application_layer_protocol_negotiation",
        18 => "signed_certificate_timestamp",
        19 => "client_certificate_type",
        20 => "server_certificate_type",
        21 => "padding",
        23 => "extended_master_secret",
        27 => "compress_certificate",
        28 => "record_size_limit",
        35 => "session_ticket",
        41 => "pre_shared_key",
        42 => "early_data",
        43 => "supported_versions",
        44 => "cookie",
        45 => "psk_key_exchange_modes",
        47 => "certificate_authorities",
        48 => "oid_filters",
        49 => "post_handshake_auth",
        50 => "signature_algorithms_cert",
        51 => "key_share",
        58 => "ticket_request",
        0xff01 => "renegotiation_info",
        _ => CodePoint.Unknown(Value),
    };
}
