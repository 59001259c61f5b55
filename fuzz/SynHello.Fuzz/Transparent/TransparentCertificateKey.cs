using SynHello.Tls;
using SynHello.Wire;

namespace SynHello.Fuzz.Transparent;

/// <summary>
/// The key of a certificate that is just octets: 0x30 and the kind of its key, ECDSA (1), RSA (2) or Ed25519 (3).
/// </summary>
internal sealed class TransparentCertificateKey : CertificateKey
{
    public const int SignatureLength = 64;

    private const byte Sequence = 0x30;

    private readonly ulong _key;
    private readonly byte _kind;
    private readonly bool _binds;

    private TransparentCertificateKey(ulong key, byte kind, bool binds)
    {
        _key = key;
        _kind = kind;
        _binds = binds;
    }

    public static TransparentCertificateKey Import(ReadOnlySpan<byte> certificate, bool binds)
    {
        if (certificate is not [Sequence, var kind, ..])
            throw new TlsProtocolException(TlsErrorCause.MalformedCertificate, "A certificate does not have its form.");
        if (kind is 0 or > 3)
            throw new TlsProtocolException(TlsErrorCause.UnsupportedCertificateKey, "A certificate's key is of an unknown kind.");
        return new TransparentCertificateKey(Mixer.Absorb(Mixer.Start, certificate), kind, binds);
    }

    /// <summary>A certificate of so many octets.</summary>
    public static byte[] MakeCertificate(byte kind, int length, ulong seed)
    {
        byte[] certificate = new byte[length];
        new FuzzRandom(seed).Fill(certificate.AsSpan(0, length / 2)); // the rest is zeros, so that it can be compressed
        certificate[0] = Sequence;
        certificate[1] = kind;
        return certificate;
    }

    public static IReadOnlyList<SignatureScheme> SchemesOf(byte kind) => kind switch
    {
        1 => [SignatureScheme.EcdsaSecp256r1Sha256],
        2 => [SignatureScheme.RsaPssRsaeSha256, SignatureScheme.RsaPssRsaeSha384],
        _ => [SignatureScheme.Ed25519],
    };

    public override bool Fits(SignatureScheme scheme) => SchemesOf(_kind).Contains(scheme);

    public override bool FitsTls12(SignatureScheme scheme) =>
        Fits(scheme) || (_kind == 2 && scheme == SignatureScheme.RsaPkcs1Sha256);

    public override bool Verify(SignatureScheme scheme, ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature)
    {
        if (!_binds)
            return true;
        Span<byte> right = stackalloc byte[SignatureLength];
        Sign(scheme, message, right);
        return signature.SequenceEqual(right);
    }

    public void Sign(SignatureScheme scheme, ReadOnlySpan<byte> message, Span<byte> signature) =>
        Mixer.Squeeze(Mixer.Absorb(Mixer.Absorb(_key, scheme.Value), message), signature[..SignatureLength]);

    protected override void Dispose(bool disposing)
    {
    }
}
