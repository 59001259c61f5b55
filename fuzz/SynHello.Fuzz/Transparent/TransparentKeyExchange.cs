using SynHello.Tls;
using SynHello.Wire;

namespace SynHello.Fuzz.Transparent;

/// <summary>A key agreement whose secret everybody can work out.</summary>
internal sealed class TransparentKeyExchange : KeyExchange
{
    private const byte Uncompressed = 4;

    private readonly TransparentCryptoProvider _provider;
    private readonly byte[] _publicKey;

    public TransparentKeyExchange(TransparentCryptoProvider provider, NamedGroup group)
    {
        _provider = provider;
        Group = group;
        SharedSecretLength = group == NamedGroup.Secp384r1 ? 48 : 32;
        _publicKey = new byte[group == NamedGroup.X25519 ? SharedSecretLength : 1 + (2 * SharedSecretLength)];
        provider.FillRandom(_publicKey);
        _publicKey[0] = Uncompressed;
    }

    public override NamedGroup Group { get; }

    public override ReadOnlySpan<byte> PublicKey => _publicKey;

    public override int SharedSecretLength { get; }

    public override void DeriveSharedSecret(ReadOnlySpan<byte> peerPublicKey, Span<byte> sharedSecret)
    {
        if (peerPublicKey.Length != _publicKey.Length || (Group != NamedGroup.X25519 && peerPublicKey[0] != Uncompressed))
            throw new TlsProtocolException(TlsErrorCause.InvalidKeyShare, "A key share does not have its form.");
        ulong both = Mixer.Absorb(Mixer.Start, peerPublicKey) ^ Mixer.Absorb(Mixer.Start, _publicKey);
        Mixer.Squeeze(_provider.Binds ? both : 0, sharedSecret);
    }

    protected override void Dispose(bool disposing)
    {
    }
}
