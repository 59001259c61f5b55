using System.Security.Cryptography;

using SynHello.Wire;

namespace SynHello.Tls.Tests;

/// <summary>A key that has gone away.</summary>
internal sealed class FailingCredential(TlsCredential inner) : TlsCredential
{
    public override IReadOnlyList<ReadOnlyMemory<byte>> CertificateChain => inner.CertificateChain;

    public override IReadOnlyList<SignatureScheme> SignatureSchemes => inner.SignatureSchemes;

    public override int MaximumSignatureLength => inner.MaximumSignatureLength;

    public override int Sign(SignatureScheme scheme, ReadOnlySpan<byte> message, Span<byte> signature) =>
        throw new CryptographicException("slot 42 is empty");
}
