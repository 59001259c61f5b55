using SynHello.Tls;
using SynHello.Wire;

namespace SynHello.Testing;

/// <summary>A chain without its key, and the signature that the key once made.</summary>
public sealed class RecordedCredential(
    IReadOnlyList<ReadOnlyMemory<byte>> chain,
    SignatureScheme scheme,
    ReadOnlyMemory<byte> signature) : TlsCredential
{
    private readonly ReadOnlyMemory<byte> _signature = signature;

    public override IReadOnlyList<ReadOnlyMemory<byte>> CertificateChain { get; } = chain;

    public override IReadOnlyList<SignatureScheme> SignatureSchemes { get; } = [scheme];

    public override int MaximumSignatureLength => _signature.Length;

    /// <summary>What was to be signed last.</summary>
    public byte[]? SignedContent { get; private set; }

    public override int Sign(SignatureScheme scheme, ReadOnlySpan<byte> message, Span<byte> signature)
    {
        SignedContent = message.ToArray();
        _signature.Span.CopyTo(signature);
        return _signature.Length;
    }
}
