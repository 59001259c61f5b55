using SynHello.Tls;
using SynHello.Wire;

namespace SynHello.Testing;

/// <summary>A credential that comes with whatever OCSP response a test says.</summary>
public sealed class StapledTestCredential(TlsCredential inner, byte[]? response = null) : TlsCredential
{
    private volatile IReadOnlyList<ReadOnlyMemory<byte>> _responses = ResponsesOf(inner, response);

    public override IReadOnlyList<ReadOnlyMemory<byte>> CertificateChain => inner.CertificateChain;

    public override IReadOnlyList<ReadOnlyMemory<byte>> OcspResponses => _responses;

    public override IReadOnlyList<SignatureScheme> SignatureSchemes => inner.SignatureSchemes;

    public override IReadOnlyList<SignatureScheme> Tls12SignatureSchemes => inner.Tls12SignatureSchemes;

    public override int MaximumSignatureLength => inner.MaximumSignatureLength;

    public override int Sign(SignatureScheme scheme, ReadOnlySpan<byte> message, Span<byte> signature) =>
        inner.Sign(scheme, message, signature);

    /// <summary>Shows a response with the first certificate; null shows none.</summary>
    public void Show(byte[]? response) => _responses = ResponsesOf(inner, response);

    private static ReadOnlyMemory<byte>[] ResponsesOf(TlsCredential credential, byte[]? response) => response is null
        ? []
        : [response, .. Enumerable.Repeat(ReadOnlyMemory<byte>.Empty, credential.CertificateChain.Count - 1)];
}
