using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace SynHello.Crypto;

/// <summary>Which certificate certifies which, as their names and key identifiers say (RFC 5280 section 6.1).</summary>
internal static class CertificateOrder
{
    /// <summary>No path that anybody builds is longer.</summary>
    private const int MaximumLength = 16;

    /// <summary>
    /// Whether a certificate is signed with its own key, as roots are. That it names itself as its issuer is not enough: an authority that
    /// changes its key certifies the new one under its own name, and that certificate is an intermediate (RFC 5280 section 3.2).
    /// </summary>
    public static bool IsSelfSigned(X509Certificate2 certificate)
    {
        if (!certificate.SubjectName.RawData.AsSpan().SequenceEqual(certificate.IssuerName.RawData))
            return false;

        var issuerKey = certificate.Extensions.OfType<X509AuthorityKeyIdentifierExtension>().FirstOrDefault()?.KeyIdentifier;
        var key = certificate.Extensions.OfType<X509SubjectKeyIdentifierExtension>().FirstOrDefault();
        if (issuerKey is not null && key is not null && issuerKey.Value.Span.SequenceEqual(key.SubjectKeyIdentifierBytes.Span))
            return true;

        // Only self-signed certificates may leave out whose key signed them (RFC 5280 section 4.2.1.1): where nobody here can check
        // the signature, that decides.
        return IsSignedByItself(certificate) ?? issuerKey is null;
    }

    /// <summary>Whether one certificate can be the issuer's of another.</summary>
    public static bool Certifies(X509Certificate2 issuer, X509Certificate2 certificate)
    {
        if (!issuer.SubjectName.RawData.AsSpan().SequenceEqual(certificate.IssuerName.RawData))
            return false;

        // Authorities keep their name when they change their key.
        var issuerKey = certificate.Extensions.OfType<X509AuthorityKeyIdentifierExtension>().FirstOrDefault()?.KeyIdentifier;
        var key = issuer.Extensions.OfType<X509SubjectKeyIdentifierExtension>().FirstOrDefault();
        return issuerKey is null || key is null || issuerKey.Value.Span.SequenceEqual(key.SubjectKeyIdentifierBytes.Span);
    }

    /// <summary>
    /// What certifies a certificate, and what certifies that, and so on, out of certificates in any order.
    /// </summary>
    public static X509Certificate2Collection Above(
        X509Certificate2 certificate, X509Certificate2Collection candidates)
    {
        var path = new X509Certificate2Collection();
        var last = certificate;
        while (!IsSelfSigned(last) && path.Count < MaximumLength)
        {
            // A renewed authority stands beside what it was before.
            var issuer = candidates
                .Where(candidate => Certifies(candidate, last) && !path.Contains(candidate) && !candidate.Equals(certificate))
                .MaxBy(candidate => candidate.NotAfter);
            if (issuer is null)
                break;

            path.Add(issuer);
            last = issuer;
        }

        return path;
    }

    /// <returns>Null when it cannot be told: the signature is of no kind that is taken, or something cannot be read.</returns>
    private static bool? IsSignedByItself(X509Certificate2 certificate)
    {
        try
        {
            using AsymmetricAlgorithm? key = (AsymmetricAlgorithm?)certificate.GetRSAPublicKey() ?? certificate.GetECDsaPublicKey();
            return key is null ? null : DerSignature.Of(certificate).Verify(certificate) switch
            {
                DerSignature.Outcome.Right => true,
                DerSignature.Outcome.Wrong => false,
                _ => null,
            };
        }
        catch (Exception exception) when (exception is AsnContentException or CryptographicException)
        {
            return null;
        }
    }
}
