using Context = SynHello.Wire.HandshakeContext;

namespace SynHello.Wire;

/// <summary>Which extension may stand in which message: the table of RFC 8446 section 4.2, and what TLS 1.2 adds.</summary>
internal static class ExtensionPlacement
{
    /// <summary>The messages that the extension may stand in; null when it is not known here.</summary>
    public static HandshakeContext? Of(ExtensionType type) => type.Value switch
    {
        0 => Context.ClientHello | Context.EncryptedExtensions | Context.Tls12ServerHello, // server_name
        1 => Context.ClientHello | Context.EncryptedExtensions | Context.Tls12ServerHello, // max_fragment_length
        5 => Context.ClientHello | Context.CertificateRequest | Context.Certificate
            | Context.Tls12ServerHello, // status_request
        10 => Context.ClientHello | Context.EncryptedExtensions
            | Context.Tls12ServerHello, // supported_groups; the last by no RFC, but some servers send it, and it says nothing
        11 => Context.ClientHello | Context.Tls12ServerHello, // ec_point_formats (RFC 8422 section 5.1.2)
        13 => Context.ClientHello | Context.CertificateRequest, // signature_algorithms
        14 => Context.ClientHello | Context.EncryptedExtensions | Context.Tls12ServerHello, // use_srtp
        15 => Context.ClientHello | Context.EncryptedExtensions | Context.Tls12ServerHello, // heartbeat
        16 => Context.ClientHello | Context.EncryptedExtensions | Context.Tls12ServerHello, // application_layer_protocol_negotiation
        18 => Context.ClientHello | Context.CertificateRequest | Context.Certificate
            | Context.Tls12ServerHello, // signed_certificate_timestamp
        19 => Context.ClientHello | Context.EncryptedExtensions | Context.Tls12ServerHello, // client_certificate_type
        20 => Context.ClientHello | Context.EncryptedExtensions | Context.Tls12ServerHello, // server_certificate_type
        21 => Context.ClientHello, // padding
        23 => Context.ClientHello | Context.Tls12ServerHello, // extended_master_secret (RFC 7627 section 5.1)
        27 => Context.ClientHello | Context.CertificateRequest, // compress_certificate (RFC 8879 section 3)
        28 => Context.ClientHello | Context.EncryptedExtensions | Context.Tls12ServerHello, // record_size_limit (RFC 8449 section 4)
        35 => Context.ClientHello | Context.Tls12ServerHello, // session_ticket (RFC 5077 section 3.2)
        41 => Context.ClientHello | Context.ServerHello, // pre_shared_key
        42 => Context.ClientHello | Context.EncryptedExtensions | Context.NewSessionTicket, // early_data
        43 => Context.ClientHello | Context.ServerHello | Context.HelloRetryRequest, // supported_versions
        44 => Context.ClientHello | Context.HelloRetryRequest, // cookie
        45 => Context.ClientHello, // psk_key_exchange_modes
        47 => Context.ClientHello | Context.CertificateRequest, // certificate_authorities
        48 => Context.CertificateRequest, // oid_filters
        49 => Context.ClientHello, // post_handshake_auth
        50 => Context.ClientHello | Context.CertificateRequest, // signature_algorithms_cert
        51 => Context.ClientHello | Context.ServerHello | Context.HelloRetryRequest, // key_share
        58 => Context.ClientHello | Context.EncryptedExtensions, // ticket_request (RFC 9149 section 3)
        0xff01 => Context.ClientHello | Context.Tls12ServerHello, // renegotiation_info (RFC 5746 section 3.2)
        _ => null,
    };
}
