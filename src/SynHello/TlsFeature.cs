using System.Formats.Asn1;
using System.Security.Cryptography.X509Certificates;

namespace SynHello;

/// <summary>The TLS Feature extension of certificates (RFC 7633), known as Must-Staple.</summary>
internal static class TlsFeature
{
    private const string ObjectIdentifier = "1.3.6.1.5.5.7.1.24";
    private const int StatusRequest = 5;

    /// <summary>Whether a certificate demands that an OCSP response comes with it.</summary>
    /// <exception cref="AsnContentException">The extension cannot be read.</exception>
    public static bool RequiresStaple(X509Certificate2 certificate)
    {
        if (certificate.Extensions[ObjectIdentifier] is not { } extension)
            return false;
        var reader = new AsnReader(extension.RawData, AsnEncodingRules.DER);
        AsnReader features = reader.ReadSequence();
        reader.ThrowIfNotEmpty();
        bool isRequired = false;
        while (features.HasData)
        {
            if (!features.TryReadInt32(out int value))
                throw new AsnContentException("A TLS feature is no extension's number.");
            isRequired |= value == StatusRequest;
        }

        return isRequired;
    }
}
