namespace SynHello.Wire;

/// <summary>One certificate of a Certificate message (RFC 8446 section 4.4.2) as a view over its bytes.</summary>
internal readonly ref struct CertificateEntry
{
    /// <summary>The DER of the certificate.</summary>
    public ReadOnlySpan<byte> Der { get; init; }

    /// <summary>The DER of the OCSP response that came with it; empty when none did.</summary>
    public ReadOnlySpan<byte> OcspResponse { get; init; }
}
