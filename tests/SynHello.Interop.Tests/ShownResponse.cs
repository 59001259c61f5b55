using SynHello.Tls;
using SynHello.Wire;

namespace SynHello.Interop.Tests;

/// <summary>A credential with an OCSP response for its first certificate, whatever is in it; null for none.</summary>
internal sealed class ShownResponse(TlsCredential inner, byte[]? response) : TlsCredential
{
    public override IReadOnlyList<ReadOnlyMemory<byte>> CertificateChain => inner.CertificateChain;

    public override IReadOnlyList<ReadOnlyMemory<byte>> OcspResponses { get; } = response is null ? [] : [response, default];

    public override IReadOnlyList<SignatureScheme> SignatureSchemes => inner.SignatureSchemes;

    public override int MaximumSignatureLength => inner.MaximumSignatureLength;

    public override int Sign(SignatureScheme scheme, ReadOnlySpan<byte> message, Span<byte> signature) =>
        inner.Sign(scheme, message, signature);
}
