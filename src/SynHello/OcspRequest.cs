using System.Formats.Asn1;
using System.Security.Cryptography.X509Certificates;

namespace SynHello;

/// <summary>
/// The question whether one certificate was revoked (RFC 6960 section 4.1). Without a nonce: most responders sign beforehand and
/// ignore it, and what is fresh is said by the response's own times.
/// </summary>
internal static class OcspRequest
{
    /// <summary>What HTTP calls a request (RFC 6960 appendix A.1).</summary>
    public const string ContentType = "application/ocsp-request";

    /// <summary>The DER of the request.</summary>
    public static byte[] For(X509Certificate2 certificate, X509Certificate2 issuer)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence()) // OCSPRequest
        using (writer.PushSequence()) // TBSRequest
        using (writer.PushSequence()) // requestList
        using (writer.PushSequence()) // Request
            OcspCertificateId.Of(certificate, issuer).Write(writer);
        return writer.Encode();
    }
}
