namespace SynHello.Wire.Tests;

public sealed class AlertTableTests
{
    /// <summary>RFC 8446 section 6, written down a second time: the octet of each cause's alert, -1 for none.</summary>
    private static readonly Dictionary<TlsErrorCause, int> _expected = new()
    {
        [TlsErrorCause.TruncatedMessage] = 50,
        [TlsErrorCause.TrailingBytes] = 50,
        [TlsErrorCause.VectorLengthOutOfRange] = 50,
        [TlsErrorCause.RecordTooLarge] = 22,
        [TlsErrorCause.RecordAboveSizeLimit] = 22,
        [TlsErrorCause.UnexpectedRecordType] = 10,
        [TlsErrorCause.NotTls] = 10,
        [TlsErrorCause.UnprotectedRecord] = 10,
        [TlsErrorCause.BadRecordMac] = 20,
        [TlsErrorCause.MissingInnerContentType] = 10,
        [TlsErrorCause.TooManyEmptyRecords] = 10,
        [TlsErrorCause.EmptyRecord] = 10,
        [TlsErrorCause.TooManyKeyUpdates] = 10,
        [TlsErrorCause.TooManyAlerts] = 10,
        [TlsErrorCause.TooManyTickets] = 10,
        [TlsErrorCause.HandshakeMessageTooLarge] = 47,
        [TlsErrorCause.UnexpectedMessage] = 10,
        [TlsErrorCause.MessageAcrossKeyChange] = 10,
        [TlsErrorCause.MessageAcrossFlights] = 10,
        [TlsErrorCause.InterleavedRecord] = 10,
        [TlsErrorCause.EarlyApplicationData] = 10,
        [TlsErrorCause.UnexpectedChangeCipherSpec] = 10,
        [TlsErrorCause.TooMuchEarlyData] = 10,
        [TlsErrorCause.UnsupportedVersion] = 70,
        [TlsErrorCause.DowngradeDetected] = 47,
        [TlsErrorCause.InappropriateFallback] = 86,
        [TlsErrorCause.ExtendedMasterSecretMissing] = 40,
        [TlsErrorCause.InsecureRenegotiation] = 40,
        [TlsErrorCause.RenegotiationRepeated] = 10,
        [TlsErrorCause.NoCommonCipherSuite] = 40,
        [TlsErrorCause.NoCommonGroup] = 40,
        [TlsErrorCause.NoCommonSignatureScheme] = 40,
        [TlsErrorCause.NoCommonApplicationProtocol] = 120,
        [TlsErrorCause.MissingExtension] = 109,
        [TlsErrorCause.DuplicateExtension] = 47,
        [TlsErrorCause.MisplacedExtension] = 47,
        [TlsErrorCause.UnsolicitedExtension] = 110,
        [TlsErrorCause.PreSharedKeyNotLast] = 47,
        [TlsErrorCause.IllegalValue] = 47,
        [TlsErrorCause.IllegalCompression] = 47,
        [TlsErrorCause.SessionIdMismatch] = 47,
        [TlsErrorCause.CipherSuiteNotOffered] = 47,
        [TlsErrorCause.GroupNotOffered] = 47,
        [TlsErrorCause.ApplicationProtocolNotOffered] = 47,
        [TlsErrorCause.SignatureSchemeNotOffered] = 47,
        [TlsErrorCause.UselessHelloRetryRequest] = 47,
        [TlsErrorCause.SecondHelloRetryRequest] = 10,
        [TlsErrorCause.ChangedClientHello] = 47,
        [TlsErrorCause.BadCookie] = 47,
        [TlsErrorCause.BadBinder] = 51,
        [TlsErrorCause.PreSharedKeyNotOffered] = 47,
        [TlsErrorCause.EarlyDataMismatch] = 47,
        [TlsErrorCause.InvalidKeyShare] = 47,
        [TlsErrorCause.NoCertificate] = 50,
        [TlsErrorCause.MalformedCertificate] = 42,
        [TlsErrorCause.ClientCertificateRequired] = 116,
        [TlsErrorCause.UnrecognizedName] = 112,
        [TlsErrorCause.BadCertificateCompression] = 42,
        [TlsErrorCause.UnsupportedCertificateKey] = 43,
        [TlsErrorCause.BadSignature] = 51,
        [TlsErrorCause.BadFinished] = 51,
        [TlsErrorCause.UnknownCertificateAuthority] = 48,
        [TlsErrorCause.CertificateExpired] = 45,
        [TlsErrorCause.CertificateRevoked] = 44,
        [TlsErrorCause.BadCertificateStatus] = 113,
        [TlsErrorCause.RevocationStatusUnknown] = 46,
        [TlsErrorCause.CertificateNameMismatch] = 42,
        [TlsErrorCause.WeakCertificate] = 42,
        [TlsErrorCause.TooManyCertificates] = 46,
        [TlsErrorCause.CertificateRefused] = 46,
        [TlsErrorCause.PeerAlert] = -1,
        [TlsErrorCause.TruncatedByPeer] = -1,
        [TlsErrorCause.HandshakeTimeout] = 90,
        [TlsErrorCause.KeyExhausted] = 80,
        [TlsErrorCause.InternalError] = 80,
    };

    [Fact]
    public void EveryCause_HasItsAlert()
    {
        foreach (TlsErrorCause cause in Enum.GetValues<TlsErrorCause>())
        {
            Assert.True(_expected.TryGetValue(cause, out int alert), $"{cause} is missing in this test's table.");
            Assert.True(alert == (AlertTable.For(cause)?.Value ?? -1), $"{cause} sends {AlertTable.For(cause)}.");
            Assert.Equal(AlertTable.For(cause), new TlsProtocolException(cause).Alert);
        }
    }

    [Fact]
    public void Tls12_GetsNoAlertThatItDoesNotKnow()
    {
        for (int value = 0; value <= byte.MaxValue; value++)
        {
            var alert = new AlertDescription((byte)value);
            int expected = value is 109 or 116 ? 40 : value;
            Assert.Equal(expected, AlertTable.InTls12(alert).Value);
        }
    }

    [Fact]
    public void PeerAlert_IsKeptAndNotAnswered()
    {
        var exception = new TlsProtocolException(AlertDescription.BadCertificate);
        Assert.Equal(TlsErrorCause.PeerAlert, exception.Cause);
        Assert.Equal(AlertDescription.BadCertificate, exception.PeerAlert);
        Assert.Null(exception.Alert);
        Assert.Contains("bad_certificate", exception.Message, StringComparison.Ordinal);
    }
}
