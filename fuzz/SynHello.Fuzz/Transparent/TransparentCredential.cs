using SynHello.Tls;
using SynHello.Wire;

namespace SynHello.Fuzz.Transparent;

/// <summary>A certificate of octets, and the key that everybody knows.</summary>
internal sealed class TransparentCredential(byte kind, ulong seed, bool signsElsewhere = false, bool isStapled = false) : TlsCredential
{
    private readonly byte[] _certificate = TransparentCertificateKey.MakeCertificate(kind, 150, seed);

    public override IReadOnlyList<ReadOnlyMemory<byte>> CertificateChain =>
        [_certificate, TransparentCertificateKey.MakeCertificate(kind: 1, 120, seed: 99)];

    public override IReadOnlyList<ReadOnlyMemory<byte>> OcspResponses { get; } =
        isStapled ? [TransparentCertificateKey.MakeCertificate(kind: 1, 60, seed: 7)] : [];

    public override IReadOnlyList<SignatureScheme> SignatureSchemes => TransparentCertificateKey.SchemesOf(kind);

    public override int MaximumSignatureLength => TransparentCertificateKey.SignatureLength;

    public override bool SignsElsewhere => signsElsewhere;

    public override int Sign(SignatureScheme scheme, ReadOnlySpan<byte> message, Span<byte> signature)
    {
        TransparentCertificateKey.Import(_certificate, binds: true).Sign(scheme, message, signature);
        return TransparentCertificateKey.SignatureLength;
    }
}
