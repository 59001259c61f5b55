using System.Security.Cryptography;

using SynHello.Tls;
using SynHello.Wire;

namespace SynHello.Crypto.Tests;

public sealed class DefaultCryptoProviderTests
{
    private static readonly DefaultCryptoProvider s_provider = DefaultCryptoProvider.Instance;

    [Fact]
    public void Groups_LeadWithX25519WhereLibcryptoServesIt()
    {
        Assert.Equal([NamedGroup.X25519, NamedGroup.Secp256r1, NamedGroup.Secp384r1], s_provider.Groups);
        Assert.Equal([NamedGroup.Secp256r1, NamedGroup.Secp384r1], Providers.WithoutLibcrypto.Groups);
    }

    [Fact]
    public void CipherSuites_HoldAllThatThePlatformHas()
    {
        Assert.Equal(ChaCha20Poly1305.IsSupported ? 9 : 6, s_provider.CipherSuites.Count);
        Assert.Contains(CipherSuite.TlsAes128GcmSha256, s_provider.CipherSuites);
        Assert.Contains(CipherSuite.TlsAes256GcmSha384, s_provider.CipherSuites);
        bool[] areTls13 = [.. s_provider.CipherSuites.Select(suite => suite.Value >> 8 == 0x13)];
        Assert.Equal(areTls13.OrderDescending(), areTls13);
        if (System.Runtime.Intrinsics.X86.Aes.IsSupported || System.Runtime.Intrinsics.Arm.Aes.IsSupported)
            Assert.Equal(CipherSuite.TlsAes128GcmSha256, s_provider.CipherSuites[0]);
        else
            Assert.Equal(CipherSuite.TlsChaCha20Poly1305Sha256, s_provider.CipherSuites[0]);
    }

    [Fact]
    public void SignatureSchemes_HoldEd25519OnlyWithLibcrypto()
    {
        Assert.Contains(SignatureScheme.Ed25519, s_provider.SignatureSchemes);
        Assert.DoesNotContain(SignatureScheme.Ed25519, Providers.WithoutLibcrypto.SignatureSchemes);
        Assert.Equal(6, s_provider.SignatureSchemes.Count);
        Assert.Equal(5, Providers.WithoutLibcrypto.SignatureSchemes.Count);
    }

    [Theory, MemberData(nameof(Providers.WithAndWithoutLibcrypto), MemberType = typeof(Providers))]
    public void CreateKeyExchange_MakesEveryListedGroup(bool libcrypto)
    {
        var provider = Providers.Get(libcrypto);
        foreach (var group in provider.Groups)
        {
            using var keyExchange = provider.CreateKeyExchange(group);
            Assert.Equal(group, keyExchange.Group);
        }
    }

    [Fact]
    public void CreateKeyExchange_RefusesOtherGroups()
    {
        Assert.Throws<NotSupportedException>(() => s_provider.CreateKeyExchange(new NamedGroup(0x0019)));
        Assert.Throws<NotSupportedException>(() => Providers.WithoutLibcrypto.CreateKeyExchange(NamedGroup.X25519));
    }

    [Fact]
    public void CreateKeyExchange_DrawsX25519KeysFromFillRandom()
    {
        var provider = new CountingProvider();
        using var first = provider.CreateKeyExchange(NamedGroup.X25519);
        using var second = new CountingProvider().CreateKeyExchange(NamedGroup.X25519);
        using var third = provider.CreateKeyExchange(NamedGroup.X25519);
        Assert.Equal(first.PublicKey, second.PublicKey);
        Assert.False(first.PublicKey.SequenceEqual(third.PublicKey));
        Assert.Equal(2, provider.Drawn);
    }

    [Fact]
    public void FillRandom_GivesDifferentBytesEachTime()
    {
        Span<byte> first = stackalloc byte[32];
        Span<byte> second = stackalloc byte[32];
        s_provider.FillRandom(first);
        s_provider.FillRandom(second);
        Assert.False(first.SequenceEqual(second));
    }

    [Fact]
    public void CreateAead_RefusesUnknownSuitesAndWrongKeyLengths()
    {
        Assert.Throws<NotSupportedException>(() => s_provider.CreateAead(new CipherSuite(0x1304), new byte[16]));
        Assert.Throws<ArgumentException>(() => s_provider.CreateAead(CipherSuite.TlsAes128GcmSha256, new byte[32]));
        Assert.Throws<ArgumentException>(() => s_provider.CreateAead(CipherSuite.TlsAes256GcmSha384, new byte[16]));
        Assert.Throws<ArgumentException>(() => s_provider.CreateAead(CipherSuite.TlsChaCha20Poly1305Sha256, new byte[16]));
    }

    private sealed class CountingProvider : DefaultCryptoProvider
    {
        public int Drawn { get; private set; }

        public override void FillRandom(Span<byte> destination) => destination.Fill((byte)++Drawn);

        public override KeyExchange CreateKeyExchange(NamedGroup group) => base.CreateKeyExchange(group);
    }
}
