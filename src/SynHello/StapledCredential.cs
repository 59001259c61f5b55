using SynHello.Tls;
using SynHello.Wire;

namespace SynHello;

/// <summary>A credential whose OCSP responses are the ones that an <see cref="OcspStapler"/> has at the moment. Thread-safe.</summary>
internal sealed class StapledCredential(TlsCredential credential, OcspStapler stapler) : TlsCredential, IRemoteSigner
{
    public override IReadOnlyList<ReadOnlyMemory<byte>> CertificateChain => credential.CertificateChain;

    public override IReadOnlyList<ReadOnlyMemory<byte>> OcspResponses => stapler.Responses;

    public override IReadOnlyList<SignatureScheme> SignatureSchemes => credential.SignatureSchemes;

    public override IReadOnlyList<SignatureScheme> Tls12SignatureSchemes => credential.Tls12SignatureSchemes;

    public override int MaximumSignatureLength => credential.MaximumSignatureLength;

    public override IReadOnlyList<ReadOnlyMemory<byte>> IssuerNames => credential.IssuerNames;

    public override bool SignsElsewhere => credential.SignsElsewhere;

    public override int Sign(SignatureScheme scheme, ReadOnlySpan<byte> message, Span<byte> signature) =>
        credential.Sign(scheme, message, signature);

    ValueTask<ReadOnlyMemory<byte>> IRemoteSigner.SignAsync(
        SignatureScheme scheme, ReadOnlyMemory<byte> content, CancellationToken cancellationToken) =>
        credential is IRemoteSigner signer
            ? signer.SignAsync(scheme, content, cancellationToken)
            : throw new NotSupportedException($"{credential.GetType().Name} does not say who signs.");
}
