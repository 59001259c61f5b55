using SynHello.Crypto;
using SynHello.Tls;
using SynHello.Wire;

namespace SynHello.Testing;

/// <summary>
/// The real cryptography with randomness that a test hands in: hello randoms and private keys come out of it
/// in the order in
/// which they are drawn, so that a recorded handshake can be replayed. Throws once the entropy is used up.
/// </summary>
public sealed class ScriptedCryptoProvider(ReadOnlyMemory<byte> entropy) : DefaultCryptoProvider
{
    private ReadOnlyMemory<byte> _rest = entropy;

    /// <summary>Bytes that were not drawn yet.</summary>
    public int Remaining => _rest.Length;

    public override void FillRandom(Span<byte> destination)
    {
        if (_rest.Length < destination.Length)
            throw new InvalidOperationException($"{destination.Length} bytes are asked for; {_rest.Length} are left.");
        _rest.Span[..destination.Length].CopyTo(destination);
        _rest = _rest[destination.Length..];
    }

    public override KeyExchange CreateKeyExchange(NamedGroup group)
    {
        byte[] privateKey = new byte[group == NamedGroup.Secp384r1 ? 48 : 32];
        FillRandom(privateKey);
        return ImportKeyExchange(group, privateKey);
    }
}
