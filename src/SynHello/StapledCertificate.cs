using System.Security.Cryptography.X509Certificates;

namespace SynHello;

/// <summary>One certificate that responses are fetched for, and the last good one. Guarded by its <see cref="OcspStapler"/>.</summary>
/// <param name="index">Where it stands in the chain.</param>
/// <param name="certificate">The certificate.</param>
/// <param name="issuer">Who has issued it.</param>
/// <param name="responders">Who is asked about it.</param>
internal sealed class StapledCertificate(
    int index, X509Certificate2 certificate, X509Certificate2 issuer, IReadOnlyList<Uri> responders) : IDisposable
{
    public int Index => index;

    public X509Certificate2 Certificate => certificate;

    public X509Certificate2 Issuer => issuer;

    public IReadOnlyList<Uri> Responders => responders;

    /// <summary>For people.</summary>
    public string Subject { get; } = certificate.Subject;

    /// <summary>The last good response; empty when there is none.</summary>
    public ReadOnlyMemory<byte> Response { get; set; }

    /// <summary>What the last good response proves; null when there is none.</summary>
    public RevocationVerdict? Verdict { get; set; }

    /// <summary>When the certificate was known to be revoked; the beginning of time when it was not. What is older is a replay.</summary>
    public DateTimeOffset RevokedSince { get; set; }

    public void Dispose()
    {
        certificate.Dispose();
        issuer.Dispose();
    }
}
