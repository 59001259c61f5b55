using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

using SynHello.Crypto;

namespace SynHello;

/// <summary>
/// Judges OCSP responses (RFC 6960 sections 3.2 and 4.2.2). Fetches nothing. Static and pure: the time is handed in.
/// </summary>
/// <remarks>
/// A responder that the issuer has authorized is taken at its certificate: with id-pkix-ocsp-nocheck because that says so, and without
/// it because section 4.2.2.2.1 leaves it to the client, and asking about it would need another responder. Such certificates are
/// short-lived for that reason.
/// </remarks>
internal static class OcspVerifier
{
    /// <summary>By how much clocks may differ.</summary>
    public static readonly TimeSpan Skew = TimeSpan.FromMinutes(5);

    /// <summary>How long a response is good for that does not say so itself (RFC 6960 section 4.2.2.1).</summary>
    public static readonly TimeSpan UnstatedLifetime = TimeSpan.FromDays(1);

    private const string OcspSigning = "1.3.6.1.5.5.7.3.9";

    /// <summary>Extensions of a responder's certificate that may be critical, because they are heeded here or say nothing of it.</summary>
    private static readonly string[] KnownExtensions =
    [
        "2.5.29.14", "2.5.29.15", "2.5.29.17", "2.5.29.19", "2.5.29.35", "2.5.29.37", "1.3.6.1.5.5.7.48.1.5",
    ];

    /// <summary>Judges a response about a certificate.</summary>
    /// <param name="encoded">The response as received.</param>
    /// <param name="certificate">The certificate.</param>
    /// <param name="issuer">
    /// Who has issued it, as the chain says: that this one may speak for the certificate is not judged here.
    /// </param>
    /// <param name="now">The time.</param>
    public static RevocationVerdict Verify(
        ReadOnlyMemory<byte> encoded, X509Certificate2 certificate, X509Certificate2 issuer, DateTimeOffset now)
    {
        OcspResponse response;
        try
        {
            response = OcspResponse.Read(encoded);
        }
        catch (AsnContentException exception)
        {
            return RevocationVerdict.Unproven(
                RevocationProblem.Malformed, $"the OCSP response cannot be read: {exception.Message.TrimEnd('.')}");
        }

        if (response.Signature is null)
        {
            return RevocationVerdict.Unproven(
                RevocationProblem.ResponderError, $"the OCSP responder has no answer: {response.Status}");
        }

        if (response.CriticalExtension is { } extension)
        {
            return RevocationVerdict.Unproven(
                RevocationProblem.CriticalExtension, $"the OCSP response has the critical extension {extension}");
        }

        OcspSingleResponse[] about =
            [.. response.Responses.Where(single => single.CertificateId.Matches(certificate, issuer))];
        if (about.Length == 0)
        {
            return RevocationVerdict.Unproven(
                RevocationProblem.OtherCertificate, "the OCSP response is about another certificate");
        }

        if (FindSigner(response, response.Signature, issuer, now, out DateTimeOffset signerEnds) is { } refusal)
            return refusal;

        // Several may be about the same one, each with hashes of another kind. The worst of them counts.
        return about.Select(single => Judge(single, signerEnds, now)).MaxBy(Severity)!;
    }

    /// <summary>Whether a certificate bears an issuer's name and its signature.</summary>
    public static bool HasIssued(X509Certificate2 issuer, X509Certificate2 certificate)
    {
        try
        {
            return certificate.IssuerName.RawData.AsSpan().SequenceEqual(issuer.SubjectName.RawData)
                && DerSignature.Of(certificate).Verify(issuer) == DerSignature.Outcome.Right;
        }
        catch (AsnContentException)
        {
            return false;
        }
    }

    private static int Severity(RevocationVerdict verdict) => verdict.Status switch
    {
        RevocationStatus.Revoked => 2,
        RevocationStatus.Unproven => 1,
        _ => 0,
    };

    private static RevocationVerdict Judge(OcspSingleResponse single, DateTimeOffset signerEnds, DateTimeOffset now)
    {
        if (single.ThisUpdate > now + Skew)
        {
            return RevocationVerdict.Unproven(
                RevocationProblem.NotYetValid,
                $"the OCSP response is not valid before {RevocationVerdict.Format(single.ThisUpdate)}");
        }

        DateTimeOffset until = single.NextUpdate ?? single.ThisUpdate + UnstatedLifetime;
        if (until < now - Skew || until < single.ThisUpdate)
        {
            return RevocationVerdict.Unproven(
                RevocationProblem.Expired, $"the OCSP response has expired on {RevocationVerdict.Format(until)}");
        }

        until = signerEnds < until ? signerEnds : until;
        return single.Status switch
        {
            OcspCertificateStatus.Good => RevocationVerdict.Good(single.ThisUpdate, until),
            OcspCertificateStatus.Revoked =>
                RevocationVerdict.Revoked(single.ThisUpdate, until, single.RevokedAt, single.RevocationReason),
            _ => RevocationVerdict.Unproven(
                RevocationProblem.UnknownCertificate, "the OCSP responder does not know the certificate"),
        };
    }

    /// <summary>Finds who has signed: the issuer itself, or a responder that it has authorized (RFC 6960 section 4.2.2.2).</summary>
    /// <param name="response">The response.</param>
    /// <param name="signature">Its signature.</param>
    /// <param name="issuer">The issuer.</param>
    /// <param name="now">The time.</param>
    /// <param name="ends">Until when the signer's authorization holds.</param>
    /// <returns>Null when it is one of these; otherwise why not.</returns>
    private static RevocationVerdict? FindSigner(
        OcspResponse response, DerSignature signature, X509Certificate2 issuer, DateTimeOffset now, out DateTimeOffset ends)
    {
        ends = DateTimeOffset.MaxValue;
        RevocationVerdict? refusal = null;
        if (Names(response, issuer))
        {
            refusal = Check(signature, issuer);
            if (refusal is null)
                return null;
        }

        foreach (ReadOnlyMemory<byte> encoded in response.Certificates)
        {
            if (encoded.Span.SequenceEqual(issuer.RawDataMemory.Span))
                continue; // judged above, and no responder of its own
            using X509Certificate2? candidate = Load(encoded);
            if (candidate is null || !Names(response, candidate))
                continue;

            // Its own key is used only when the issuer has signed it: nobody else gets to say what is computed with.
            refusal = WhyUnauthorized(candidate, issuer, now) is { } reason
                ? RevocationVerdict.Unproven(RevocationProblem.UnauthorizedResponder, $"the OCSP responder {reason}")
                : Check(signature, candidate);
            if (refusal is null)
            {
                ends = new DateTimeOffset(candidate.NotAfter);
                return null;
            }
        }

        return refusal ?? RevocationVerdict.Unproven(
            RevocationProblem.UnauthorizedResponder,
            "the OCSP response was signed neither by the certificate's issuer nor by a responder whose certificate came with it");
    }

    private static bool Names(OcspResponse response, X509Certificate2 certificate) =>
        response.ResponderName is { } name
            ? name.Span.SequenceEqual(certificate.SubjectName.RawData)
            : response.ResponderKeyHash!.Value.Span.SequenceEqual(OcspCertificateId.KeyHashOf(certificate));

    private static RevocationVerdict? Check(DerSignature signature, X509Certificate2 signer) => signature.Verify(signer) switch
    {
        DerSignature.Outcome.Right => null,
        DerSignature.Outcome.Wrong => RevocationVerdict.Unproven(
            RevocationProblem.BadSignature, "the OCSP response's signature is wrong"),
        _ => RevocationVerdict.Unproven(
            RevocationProblem.UnsupportedSignature, "the OCSP response's signature is of a kind that is not taken"),
    };

    private static string? WhyUnauthorized(X509Certificate2 candidate, X509Certificate2 issuer, DateTimeOffset now)
    {
        // NotBefore and NotAfter are in the system's zone, which comparing as instants takes into account.
        if (!HasIssued(issuer, candidate))
            return "has no certificate of the certificate's issuer";
        if (now + Skew < new DateTimeOffset(candidate.NotBefore) || now - Skew > new DateTimeOffset(candidate.NotAfter))
            return "has a certificate that is not valid now";
        try
        {
            return WhyUnfit(candidate);
        }
        catch (CryptographicException)
        {
            return "has a certificate that cannot be read";
        }
    }

    private static string? WhyUnfit(X509Certificate2 candidate)
    {
        bool maySignResponses = false;
        foreach (X509Extension extension in candidate.Extensions)
        {
            switch (extension)
            {
                case X509EnhancedKeyUsageExtension purposes:
                    maySignResponses = purposes.EnhancedKeyUsages.Cast<Oid>().Any(purpose => purpose.Value == OcspSigning);
                    break;

                case X509KeyUsageExtension usage when !usage.KeyUsages.HasFlag(X509KeyUsageFlags.DigitalSignature):
                    return "has a certificate whose key usage does not allow it to sign";

                case { Critical: true, Oid.Value: { } id } when !KnownExtensions.Contains(id):
                    return $"has a certificate with the critical extension {id}";
            }
        }

        return maySignResponses ? null : "has a certificate that is not for signing OCSP responses";
    }

    /// <returns>Null when it is no certificate in its one DER form; the loader takes other forms too.</returns>
    private static X509Certificate2? Load(ReadOnlyMemory<byte> encoded)
    {
        try
        {
            X509Certificate2 certificate = X509CertificateLoader.LoadCertificate(encoded.Span);
            if (certificate.RawDataMemory.Span.SequenceEqual(encoded.Span))
                return certificate;
            certificate.Dispose();
            return null;
        }
        catch (CryptographicException)
        {
            return null;
        }
    }
}
