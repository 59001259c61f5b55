using SynHello.Wire;

namespace SynHello.Tls.Tests;

/// <summary>A credential with an OCSP response, which nobody looks into.</summary>
internal sealed class StapledTestCredential(TlsCredential credential, byte[] response) : TlsCredential
{
    private readonly ReadOnlyMemory<byte>[] _responses = [response];

    public override IReadOnlyList<ReadOnlyMemory<byte>> CertificateChain => credential.CertificateChain;

    public override IReadOnlyList<ReadOnlyMemory<byte>> OcspResponses => _responses;

    public override IReadOnlyList<SignatureScheme> SignatureSchemes => credential.SignatureSchemes;

    public override IReadOnlyList<SignatureScheme> Tls12SignatureSchemes => credential.Tls12SignatureSchemes;

    public override int MaximumSignatureLength => credential.MaximumSignatureLength;

    public override int Sign(SignatureScheme scheme, ReadOnlySpan<byte> message, Span<byte> signature) =>
        credential.Sign(scheme, message, signature);
}
