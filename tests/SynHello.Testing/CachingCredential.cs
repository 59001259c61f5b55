using System.Collections.Concurrent;
using System.Security.Cryptography;

using SynHello.Tls;
using SynHello.Wire;

namespace SynHello.Testing;

/// <summary>
/// Signs the same content with the same bytes each time, so that two runs of a handshake can be compared.
/// </summary>
public sealed class CachingCredential(TlsCredential inner) : TlsCredential
{
    private readonly ConcurrentDictionary<string, byte[]> _signatures = new();

    public override IReadOnlyList<ReadOnlyMemory<byte>> CertificateChain => inner.CertificateChain;

    public override IReadOnlyList<SignatureScheme> SignatureSchemes => inner.SignatureSchemes;

    public override int MaximumSignatureLength => inner.MaximumSignatureLength;

    public override int Sign(SignatureScheme scheme, ReadOnlySpan<byte> message, Span<byte> signature)
    {
        string key = $"{scheme} {Convert.ToHexString(SHA256.HashData(message))}";
        if (!_signatures.TryGetValue(key, out byte[]? cached))
        {
            byte[] made = new byte[MaximumSignatureLength];
            int length = inner.Sign(scheme, message, made);
            cached = _signatures.GetOrAdd(key, made[..length]);
        }

        cached.CopyTo(signature);
        return cached.Length;
    }
}
