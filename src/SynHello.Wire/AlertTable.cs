namespace SynHello.Wire;

/// <summary>The one table from cause to alert (RFC 8446 section 6.2, RFC 5246 section 7.2.2).</summary>
internal static class AlertTable
{
    public static AlertDescription? For(TlsErrorCause cause) => cause switch
    {
        TlsErrorCause.TruncatedMessage
            or TlsErrorCause.TrailingBytes
            or TlsErrorCause.VectorLengthOutOfRange => AlertDescription.DecodeError,

        TlsErrorCause.RecordTooLarge
            or TlsErrorCause.RecordAboveSizeLimit => AlertDescription.RecordOverflow,

        TlsErrorCause.UnexpectedRecordType
            or TlsErrorCause.NotTls
            or TlsErrorCause.UnprotectedRecord
            or TlsErrorCause.MissingInnerContentType
            or TlsErrorCause.TooManyEmptyRecords
            or TlsErrorCause.EmptyRecord
            or TlsErrorCause.TooManyKeyUpdates
            or TlsErrorCause.TooManyAlerts
            or TlsErrorCause.TooManyTickets
            or TlsErrorCause.UnexpectedMessage
            or TlsErrorCause.MessageAcrossKeyChange
            or TlsErrorCause.MessageAcrossFlights
            or TlsErrorCause.InterleavedRecord
            or TlsErrorCause.EarlyApplicationData
            or TlsErrorCause.UnexpectedChangeCipherSpec
            or TlsErrorCause.TooMuchEarlyData
            or TlsErrorCause.RenegotiationRepeated
            or TlsErrorCause.SecondHelloRetryRequest => AlertDescription.UnexpectedMessage,

        TlsErrorCause.BadRecordMac => AlertDescription.BadRecordMac,

        TlsErrorCause.UnsupportedVersion => AlertDescription.ProtocolVersion,

        TlsErrorCause.NoCommonCipherSuite
            or TlsErrorCause.NoCommonGroup
            or TlsErrorCause.ExtendedMasterSecretMissing
            or TlsErrorCause.InsecureRenegotiation
            or TlsErrorCause.NoCommonSignatureScheme => AlertDescription.HandshakeFailure,

        TlsErrorCause.InappropriateFallback => AlertDescription.InappropriateFallback,

        TlsErrorCause.NoCommonApplicationProtocol => AlertDescription.NoApplicationProtocol,

        TlsErrorCause.MissingExtension => AlertDescription.MissingExtension,

        TlsErrorCause.UnsolicitedExtension => AlertDescription.UnsupportedExtension,

        TlsErrorCause.HandshakeMessageTooLarge
            or TlsErrorCause.DuplicateExtension
            or TlsErrorCause.MisplacedExtension
            or TlsErrorCause.PreSharedKeyNotLast
            or TlsErrorCause.IllegalValue
            or TlsErrorCause.IllegalCompression
            or TlsErrorCause.SessionIdMismatch
            or TlsErrorCause.CipherSuiteNotOffered
            or TlsErrorCause.GroupNotOffered
            or TlsErrorCause.ApplicationProtocolNotOffered
            or TlsErrorCause.SignatureSchemeNotOffered
            or TlsErrorCause.UselessHelloRetryRequest
            or TlsErrorCause.ChangedClientHello
            or TlsErrorCause.BadCookie
            or TlsErrorCause.PreSharedKeyNotOffered
            or TlsErrorCause.EarlyDataMismatch
            or TlsErrorCause.DowngradeDetected
            or TlsErrorCause.InvalidKeyShare => AlertDescription.IllegalParameter,

        // RFC 8446 section 4.4.2.4: an empty server certificate list is a decode_error.
        TlsErrorCause.NoCertificate => AlertDescription.DecodeError,
        TlsErrorCause.ClientCertificateRequired => AlertDescription.CertificateRequired,
        TlsErrorCause.UnrecognizedName => AlertDescription.UnrecognizedName,
        TlsErrorCause.MalformedCertificate
            or TlsErrorCause.WeakCertificate // RFC 8446 section 4.4.2.4, of MD5 and SHA-1
            or TlsErrorCause.BadCertificateCompression
            or TlsErrorCause.CertificateNameMismatch => AlertDescription.BadCertificate,
        TlsErrorCause.UnsupportedCertificateKey => AlertDescription.UnsupportedCertificate,
        TlsErrorCause.UnknownCertificateAuthority => AlertDescription.UnknownCa,
        TlsErrorCause.CertificateExpired => AlertDescription.CertificateExpired,
        TlsErrorCause.CertificateRevoked => AlertDescription.CertificateRevoked,
        TlsErrorCause.BadCertificateStatus => AlertDescription.BadCertificateStatusResponse,
        TlsErrorCause.RevocationStatusUnknown
            or TlsErrorCause.TooManyCertificates
            or TlsErrorCause.CertificateRefused => AlertDescription.CertificateUnknown,

        TlsErrorCause.BadSignature
            or TlsErrorCause.BadBinder
            or TlsErrorCause.BadFinished => AlertDescription.DecryptError,

        // RFC 8446 section 6.1: user_canceled tells a peer that nothing is wrong with what it sent.
        TlsErrorCause.HandshakeTimeout => AlertDescription.UserCanceled,

        // Nobody is there to be told, or the peer has said so itself.
        TlsErrorCause.PeerAlert or TlsErrorCause.TruncatedByPeer => null,

        _ => AlertDescription.InternalError,
    };

    /// <summary>The same in TLS 1.2, which does not know every alert (RFC 5246 sections 7.2.2, 7.4.6).</summary>
    public static AlertDescription InTls12(AlertDescription alert) =>
        alert == AlertDescription.CertificateRequired || alert == AlertDescription.MissingExtension
            ? AlertDescription.HandshakeFailure
            : alert;
}
