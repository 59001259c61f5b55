using SynHello.Wire;

namespace SynHello.Tls.Tests;

/// <summary>A key that is elsewhere, and signs when it is asked.</summary>
internal sealed class RemoteTestCredential(TlsCredential inner) : TlsCredential
{
    public override bool SignsElsewhere => true;

    public override IReadOnlyList<ReadOnlyMemory<byte>> CertificateChain => inner.CertificateChain;

    public override IReadOnlyList<SignatureScheme> SignatureSchemes => inner.SignatureSchemes;

    public override int MaximumSignatureLength => inner.MaximumSignatureLength;

    public byte[] SignRemotely(TlsSignatureRequest request)
    {
        byte[] signature = new byte[inner.MaximumSignatureLength];
        return signature[..inner.Sign(request.Scheme, request.Content.Span, signature)];
    }

    public override int Sign(SignatureScheme scheme, ReadOnlySpan<byte> message, Span<byte> signature) =>
        throw new InvalidOperationException("The key is elsewhere.");
}
