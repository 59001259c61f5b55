using SynHello.Tls;
using SynHello.Wire;

namespace SynHello.Bogo;

/// <summary>
/// A credential as the runner wants it used: with some of its schemes only, with a staple, with its key elsewhere.
/// </summary>
internal sealed class ShimCredential(TlsCredential credential, ShimFlags flags) : TlsCredential
{
    private readonly IReadOnlyList<ReadOnlyMemory<byte>> _staple = Staple(flags);

    public override IReadOnlyList<ReadOnlyMemory<byte>> CertificateChain => credential.CertificateChain;

    public override IReadOnlyList<SignatureScheme> SignatureSchemes { get; } =
        Preferred(credential.SignatureSchemes, flags.SigningPreferences);

    public override IReadOnlyList<SignatureScheme> Tls12SignatureSchemes { get; } =
        Preferred(credential.Tls12SignatureSchemes, flags.SigningPreferences);

    public override IReadOnlyList<ReadOnlyMemory<byte>> OcspResponses =>
        flags is { IsServer: true, UseOcspCallback: true, FailsOcspCallback: true }
            ? throw new CallbackFailedException("The OCSP callback fails, as it was asked to.")
            : _staple;

    public override int MaximumSignatureLength => credential.MaximumSignatureLength;

    public override bool SignsElsewhere => flags.Async;

    public override int Sign(SignatureScheme scheme, ReadOnlySpan<byte> message, Span<byte> signature) =>
        credential.Sign(scheme, message, signature);

    private static IReadOnlyList<SignatureScheme> Preferred(
        IReadOnlyList<SignatureScheme> schemes, List<SignatureScheme> preferences) =>
        preferences.Count == 0 ? schemes : [.. preferences.Where(schemes.Contains)];

    private static IReadOnlyList<ReadOnlyMemory<byte>> Staple(ShimFlags flags)
    {
        bool isWithheld = flags.UseOcspCallback && flags.DeclinesOcspCallback;
        return flags.OcspResponse.Length == 0 || isWithheld ? [] : [flags.OcspResponse];
    }
}
