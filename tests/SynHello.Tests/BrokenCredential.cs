using SynHello.Tls;
using SynHello.Wire;

namespace SynHello.Tests;

/// <summary>A certificate whose key fails when it is needed, as one in a remote store may.</summary>
internal sealed class BrokenCredential(TlsCredential inner) : TlsCredential
{
    public override IReadOnlyList<ReadOnlyMemory<byte>> CertificateChain => inner.CertificateChain;

    public override IReadOnlyList<SignatureScheme> SignatureSchemes => inner.SignatureSchemes;

    public override int MaximumSignatureLength => inner.MaximumSignatureLength;

    public override int Sign(SignatureScheme scheme, ReadOnlySpan<byte> message, Span<byte> signature) =>
        throw new InvalidOperationException("The key is out of reach.");
}
