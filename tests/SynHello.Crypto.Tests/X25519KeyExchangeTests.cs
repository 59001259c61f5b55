using SynHello.Tls;
using SynHello.Wire;

namespace SynHello.Crypto.Tests;

public sealed class X25519KeyExchangeTests
{
    // RFC 7748 section 5.2.
    [Theory]
    [InlineData(
        "a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4",
        "e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c",
        "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552")]
    [InlineData(
        "4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d",
        "e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493",
        "95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957")]
    public void DeriveSharedSecret_MatchesTheRfcsVectors(string scalar, string coordinate, string expected) =>
        Assert.Equal(expected, Convert.ToHexStringLower(Multiply(scalar.FromHex(), coordinate.FromHex())));

    [Fact]
    public void DeriveSharedSecret_MatchesTheRfcsIteration()
    {
        var k = new byte[32];
        k[0] = 9;
        var u = k;
        for (var i = 1; i <= 1000; i++)
        {
            (k, u) = (Multiply(k, u), k);
            if (i == 1)
                Assert.Equal("422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079", Convert.ToHexStringLower(k));
        }

        Assert.Equal("684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51", Convert.ToHexStringLower(k));
    }

    // RFC 7748 section 6.1.
    [Fact]
    public void KeyExchange_MatchesTheRfcsAliceAndBob()
    {
        using var alice = Import("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a".FromHex());
        using var bob = Import("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb".FromHex());
        Assert.Equal("8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a", alice.PublicKey.ToHex());
        Assert.Equal("de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f", bob.PublicKey.ToHex());
        const string Shared = "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742";
        Assert.Equal(Shared, alice.Derive(bob.PublicKey).ToHex());
        Assert.Equal(Shared, bob.Derive(alice.PublicKey).ToHex());
    }

    [Theory]
    [InlineData("0000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("0100000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800")]
    [InlineData("5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157")]
    [InlineData("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")]
    [InlineData("edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")]
    [InlineData("eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")]
    [InlineData("0000000000000000000000000000000000000000000000000000000000000080")]
    [InlineData("edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff")]
    public void DeriveSharedSecret_RefusesPointsOfSmallOrder(string point)
    {
        using var keyExchange = DefaultCryptoProvider.Instance.CreateKeyExchange(NamedGroup.X25519);
        var secret = new byte[32];
        Array.Fill(secret, (byte)0xaa);
        var refusal = Assert.Throws<TlsProtocolException>(() => keyExchange.DeriveSharedSecret(point.FromHex(), secret));
        Assert.Equal(TlsErrorCause.InvalidKeyShare, refusal.Cause);
        Assert.Equal(AlertDescription.IllegalParameter, refusal.Alert);
        Assert.Equal(new byte[32], secret);
        Assert.Equal(0u, ErrorQueue.Peek());

        // The key pair is still good.
        using var honest = DefaultCryptoProvider.Instance.CreateKeyExchange(NamedGroup.X25519);
        Assert.Equal(honest.Derive(keyExchange.PublicKey), keyExchange.Derive(honest.PublicKey));
    }

    [Fact]
    public void DeriveSharedSecret_RefusesOtherLengths()
    {
        using var keyExchange = DefaultCryptoProvider.Instance.CreateKeyExchange(NamedGroup.X25519);
        foreach (var length in new[] { 0, 1, 31, 33, 65 })
        {
            var refusal = Assert.Throws<TlsProtocolException>(() => keyExchange.Derive(new byte[length]));
            Assert.Equal(TlsErrorCause.InvalidKeyShare, refusal.Cause);
        }
    }

    [Fact]
    public void DeriveSharedSecret_RefusesAfterDispose()
    {
        var keyExchange = DefaultCryptoProvider.Instance.CreateKeyExchange(NamedGroup.X25519);
        keyExchange.Dispose();
        keyExchange.Dispose();
        var point = new byte[32];
        point[0] = 9;
        Assert.Throws<ObjectDisposedException>(() => keyExchange.Derive(point));
    }

    private static byte[] Multiply(byte[] scalar, byte[] coordinate)
    {
        using var keyExchange = Import(scalar);
        return keyExchange.Derive(coordinate);
    }

    private static KeyExchange Import(byte[] privateKey) =>
        DefaultCryptoProvider.Instance.ImportKeyExchange(NamedGroup.X25519, privateKey);
}
