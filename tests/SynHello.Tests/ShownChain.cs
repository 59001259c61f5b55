using System.Security.Cryptography.X509Certificates;

using SynHello.Tls;
using SynHello.Wire;

namespace SynHello.Tests;

/// <summary>Certificates as a server would show them, whatever they are; nobody can sign for them.</summary>
internal sealed class ShownChain(params IEnumerable<ReadOnlyMemory<byte>> certificates) : TlsCredential
{
    public ShownChain(params IEnumerable<X509Certificate2> certificates)
        : this(certificates.Select(certificate => (ReadOnlyMemory<byte>)certificate.RawData))
    {
    }

    public override IReadOnlyList<ReadOnlyMemory<byte>> CertificateChain { get; } = [.. certificates];

    public override IReadOnlyList<SignatureScheme> SignatureSchemes => [SignatureScheme.EcdsaSecp256r1Sha256];

    public override int MaximumSignatureLength => 72;

    public override int Sign(SignatureScheme scheme, ReadOnlySpan<byte> message, Span<byte> signature) =>
        throw new NotSupportedException("There is no key.");
}
