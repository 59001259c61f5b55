using SynHello.Tls;
using SynHello.Wire;

namespace SynHello.OnTheWire.Tests;

/// <summary>A certificate that counts how often its key is used.</summary>
internal sealed class CountingCredential(TlsCredential inner) : TlsCredential
{
    private int _signatures;

    public int Signatures => Volatile.Read(ref _signatures);

    public override IReadOnlyList<ReadOnlyMemory<byte>> CertificateChain => inner.CertificateChain;

    public override IReadOnlyList<SignatureScheme> SignatureSchemes => inner.SignatureSchemes;

    public override int MaximumSignatureLength => inner.MaximumSignatureLength;

    public override int Sign(SignatureScheme scheme, ReadOnlySpan<byte> message, Span<byte> signature)
    {
        Interlocked.Increment(ref _signatures);
        return inner.Sign(scheme, message, signature);
    }
}
