namespace SynHello.Wire;

/// <summary>The kind of a handshake message (RFC 8446 section 4). Unknown values survive.</summary>
/// <param name="Value">The octet on the wire.</param>
public readonly record struct HandshakeType(byte Value)
{
    /// <summary>hello_request (0), TLS 1.2 (RFC 5246 section 7.4.1.1): asks for a renegotiation.</summary>
    public static HandshakeType HelloRequest => new(0);

    /// <summary>client_hello (1).</summary>
    public static HandshakeType ClientHello => new(1);

    /// <summary>server_hello (2), also a HelloRetryRequest.</summary>
    public static HandshakeType ServerHello => new(2);

    /// <summary>new_session_ticket (4).</summary>
    public static HandshakeType NewSessionTicket => new(4);

    /// <summary>end_of_early_data (5).</summary>
    public static HandshakeType EndOfEarlyData => new(5);

    /// <summary>encrypted_extensions (8).</summary>
    public static HandshakeType EncryptedExtensions => new(8);

    /// <summary>certificate (11).</summary>
    public static HandshakeType Certificate => new(11);

    /// <summary>server_key_exchange (12), TLS 1.2 (RFC 5246 section 7.4.3).</summary>
    public static HandshakeType ServerKeyExchange => new(12);

    /// <summary>certificate_request (13).</summary>
    public static HandshakeType CertificateRequest => new(13);

    /// <summary>server_hello_done (14), TLS 1.2 (RFC 5246 section 7.4.5).</summary>
    public static HandshakeType ServerHelloDone => new(14);

    /// <summary>certificate_verify (15).</summary>
    public static HandshakeType CertificateVerify => new(15);

    /// <summary>client_key_exchange (16), TLS 1.2 (RFC 5246 section 7.4.7).</summary>
    public static HandshakeType ClientKeyExchange => new(16);

    /// <summary>finished (20).</summary>
    public static HandshakeType Finished => new(20);

    /// <summary>certificate_status (22), TLS 1.2 (RFC 6066 section 8).</summary>
    public static HandshakeType CertificateStatus => new(22);

    /// <summary>key_update (24).</summary>
    public static HandshakeType KeyUpdate => new(24);

    /// <summary>compressed_certificate (25), RFC 8879.</summary>
    public static HandshakeType CompressedCertificate => new(25);

    /// <summary>
    /// message_hash (254): the synthetic message that stands for a retried ClientHello in the transcript.
    /// </summary>
    public static HandshakeType MessageHash => new(254);

    /// <summary>The RFC's name of the value, or its number when it is unknown.</summary>
    public override string ToString() => Value switch
    {
        0 => "hello_request",
        1 => "client_hello",
        2 => "server_hello",
        4 => "new_session_ticket",
        5 => "end_of_early_data",
        8 => "encrypted_extensions",
        11 => "certificate",
        12 => "server_key_exchange",
        13 => "certificate_request",
        14 => "server_hello_done",
        15 => "certificate_verify",
        16 => "client_key_exchange",
        20 => "finished",
        22 => "certificate_status",
        24 => "key_update",
        25 => "compressed_certificate",
        254 => "message_hash",
        _ => CodePoint.Unknown(Value),
    };
}
