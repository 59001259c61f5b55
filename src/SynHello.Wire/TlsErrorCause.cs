namespace SynHello.Wire;

/// <summary>
/// Why a connection was given up. Every refusal has its own cause; one table in the engine says which alert
/// each cause sends (<see cref="TlsProtocolException.Alert"/>).
/// </summary>
public enum TlsErrorCause
{
    /// <summary>A message or vector ended before its content did.</summary>
    TruncatedMessage,

    /// <summary>Bytes were left over behind a message, vector or extension.</summary>
    TrailingBytes,

    /// <summary>A vector's length is outside the limits that the RFC sets for it.</summary>
    VectorLengthOutOfRange,

    /// <summary>A record's length is above 2^14 (plaintext) or 2^14 + 256 (protected).</summary>
    RecordTooLarge,

    /// <summary>A record is larger than the record_size_limit that this side announced (RFC 8449).</summary>
    RecordAboveSizeLimit,

    /// <summary>A record has a content type that is unknown or cannot stand here.</summary>
    UnexpectedRecordType,

    /// <summary>The first bytes are no TLS record: the peer speaks something else, plain HTTP for instance.</summary>
    NotTls,

    /// <summary>A plaintext record came where only protected ones may.</summary>
    UnprotectedRecord,

    /// <summary>A record did not authenticate under the keys in use.</summary>
    BadRecordMac,

    /// <summary>A protected record holds no content type, only padding.</summary>
    MissingInnerContentType,

    /// <summary>More empty records in a row than this side puts up with.</summary>
    TooManyEmptyRecords,

    /// <summary>A handshake or alert record is empty (RFC 8446 section 5.1).</summary>
    EmptyRecord,

    /// <summary>More KeyUpdates in a row, without application data between them, than this side puts up with.</summary>
    TooManyKeyUpdates,

    /// <summary>More warning alerts than this side puts up with.</summary>
    TooManyAlerts,

    /// <summary>More NewSessionTicket messages in a row than this side puts up with.</summary>
    TooManyTickets,

    /// <summary>A certificate chain is longer than this side puts up with.</summary>
    TooManyCertificates,

    /// <summary>A handshake message is larger than this side puts up with.</summary>
    HandshakeMessageTooLarge,

    /// <summary>A handshake message came that does not belong here.</summary>
    UnexpectedMessage,

    /// <summary>A handshake message straddles a change of keys (RFC 8446 section 5.1).</summary>
    MessageAcrossKeyChange,

    /// <summary>A handshake message begins before this side has answered the flight in front of it.</summary>
    MessageAcrossFlights,

    /// <summary>
    /// A record of another type came between the fragments of a handshake message (RFC 8446 section 5.1).
    /// </summary>
    InterleavedRecord,

    /// <summary>Application data came before the handshake allows it.</summary>
    EarlyApplicationData,

    /// <summary>A change_cipher_spec record is not the single octet 1, or came where it may not.</summary>
    UnexpectedChangeCipherSpec,

    /// <summary>Rejected early data went on for longer than this side puts up with.</summary>
    TooMuchEarlyData,

    /// <summary>The two sides have no protocol version in common.</summary>
    UnsupportedVersion,

    /// <summary>
    /// The server chose TLS 1.2 and says that it could have chosen 1.3, which was offered: somebody has edited a hello (RFC 8446
    /// section 4.1.3).
    /// </summary>
    DowngradeDetected,

    /// <summary>
    /// The client fell back to an older version because a better one seemed to fail, and this server speaks the better one
    /// (RFC 7507).
    /// </summary>
    InappropriateFallback,

    /// <summary>
    /// In TLS 1.2, the peer does not bind the master secret to the handshake (RFC 7627), or did in the session that is to be
    /// resumed and does not now.
    /// </summary>
    ExtendedMasterSecretMissing,

    /// <summary>In TLS 1.2, the peer does not signal secure renegotiation, or not rightly (RFC 5746 sections 3.4, 3.6).</summary>
    InsecureRenegotiation,

    /// <summary>In TLS 1.2, the peer asks for a renegotiation again, after it was told that there is none.</summary>
    RenegotiationRepeated,

    /// <summary>The two sides have no cipher suite in common.</summary>
    NoCommonCipherSuite,

    /// <summary>The two sides have no key exchange group in common.</summary>
    NoCommonGroup,

    /// <summary>No certificate of this side can sign with a scheme that the peer takes.</summary>
    NoCommonSignatureScheme,

    /// <summary>The two sides have no application protocol in common (RFC 7301).</summary>
    NoCommonApplicationProtocol,

    /// <summary>An extension that must be there is missing.</summary>
    MissingExtension,

    /// <summary>An extension stands twice in one message.</summary>
    DuplicateExtension,

    /// <summary>A known extension stands in a message where it may not (RFC 8446 section 4.2).</summary>
    MisplacedExtension,

    /// <summary>An answer holds an extension that was not asked for.</summary>
    UnsolicitedExtension,

    /// <summary>pre_shared_key is not the last extension of the ClientHello (RFC 8446 section 4.2.11).</summary>
    PreSharedKeyNotLast,

    /// <summary>A field holds a value that the RFC forbids.</summary>
    IllegalValue,

    /// <summary>legacy_compression_methods is not the single null method.</summary>
    IllegalCompression,

    /// <summary>The server did not echo legacy_session_id.</summary>
    SessionIdMismatch,

    /// <summary>
    /// The server chose a cipher suite that was not offered, or another one than in its HelloRetryRequest.
    /// </summary>
    CipherSuiteNotOffered,

    /// <summary>The server chose a group or key share that was not offered.</summary>
    GroupNotOffered,

    /// <summary>The server chose an application protocol that was not offered.</summary>
    ApplicationProtocolNotOffered,

    /// <summary>The peer signed with a scheme that was not offered or that does not fit its key.</summary>
    SignatureSchemeNotOffered,

    /// <summary>A HelloRetryRequest asks for nothing that would change the ClientHello.</summary>
    UselessHelloRetryRequest,

    /// <summary>A second HelloRetryRequest came.</summary>
    SecondHelloRetryRequest,

    /// <summary>
    /// The second ClientHello differs from the first in more than the RFC allows (RFC 8446 section 4.1.2).
    /// </summary>
    ChangedClientHello,

    /// <summary>The HelloRetryRequest cookie did not come back, or is not one that this server made.</summary>
    BadCookie,

    /// <summary>The binder of the pre-shared key does not match the ClientHello (RFC 8446 section 4.2.11.2).</summary>
    BadBinder,

    /// <summary>The server chose a pre-shared key that was not offered, or one that does not fit its cipher suite.</summary>
    PreSharedKeyNotOffered,

    /// <summary>
    /// The server took early data although what it is bound to has changed: the session, its cipher suite or its
    /// application protocol (RFC 8446 section 4.2.10).
    /// </summary>
    EarlyDataMismatch,

    /// <summary>A key share has the wrong length, is not on its curve, or leads to an all-zero secret.</summary>
    InvalidKeyShare,

    /// <summary>The peer sent no certificate where one is needed.</summary>
    NoCertificate,

    /// <summary>The client has no certificate to show, and this server takes none without.</summary>
    ClientCertificateRequired,

    /// <summary>This server has no certificate for the host that the client asks for.</summary>
    UnrecognizedName,

    /// <summary>A certificate cannot be read.</summary>
    MalformedCertificate,

    /// <summary>
    /// A compressed certificate chain cannot be decompressed, or is not as long as it was declared to be (RFC 8879 section 4).
    /// </summary>
    BadCertificateCompression,

    /// <summary>The certificate's key is of a kind that this side cannot use.</summary>
    UnsupportedCertificateKey,

    /// <summary>The signature in CertificateVerify is wrong.</summary>
    BadSignature,

    /// <summary>The Finished message does not authenticate the transcript.</summary>
    BadFinished,

    /// <summary>The certificate chain leads to no trusted root.</summary>
    UnknownCertificateAuthority,

    /// <summary>A certificate has expired or is not valid yet.</summary>
    CertificateExpired,

    /// <summary>A certificate was revoked.</summary>
    CertificateRevoked,

    /// <summary>
    /// The OCSP response that came with a certificate does not vouch for it, or none came where the certificate demands one
    /// (RFC 6066 section 8, RFC 7633).
    /// </summary>
    BadCertificateStatus,

    /// <summary>Whether a certificate was revoked could not be found out, and this side takes none without knowing.</summary>
    RevocationStatusUnknown,

    /// <summary>The certificate is for another host (RFC 9525).</summary>
    CertificateNameMismatch,

    /// <summary>
    /// A key in the certificate chain, or the signature on a certificate, is too weak to prove anything (RFC 8446 section 4.4.2.4).
    /// </summary>
    WeakCertificate,

    /// <summary>The certificate was refused for a reason that has no cause of its own.</summary>
    CertificateRefused,

    /// <summary>The peer sent a fatal alert; <see cref="TlsProtocolException.PeerAlert"/> says which.</summary>
    PeerAlert,

    /// <summary>The transport ended without close_notify: an attacker may have cut the data short.</summary>
    TruncatedByPeer,

    /// <summary>The handshake took longer than this side puts up with.</summary>
    HandshakeTimeout,

    /// <summary>The sequence number of a key would wrap.</summary>
    KeyExhausted,

    /// <summary>Something failed on this side.</summary>
    InternalError,
}
