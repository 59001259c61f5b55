using System.Security.Cryptography;
using System.Text;

namespace SynHello.Crypto.Tests;

public sealed class HashTests
{
    private static readonly DefaultCryptoProvider s_provider = DefaultCryptoProvider.Instance;

    [Theory]
    [InlineData("SHA256", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")]
    [InlineData("SHA384", "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7")]
    public void Hash_MatchesFips180(string algorithm, string expected)
    {
        var destination = new byte[expected.Length / 2];
        s_provider.Hash(new HashAlgorithmName(algorithm), "abc"u8, destination);
        Assert.Equal(expected, destination.ToHex());
    }

    [Theory]
    [InlineData("SHA256", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")]
    [InlineData("SHA384", "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7")]
    public void TranscriptHash_CanBeReadAlongTheWay(string algorithm, string expected)
    {
        var name = new HashAlgorithmName(algorithm);
        using var transcript = s_provider.CreateTranscriptHash(name);
        Assert.Equal(expected.Length / 2, transcript.Length);
        var destination = new byte[transcript.Length];
        var reference = new byte[transcript.Length];

        transcript.GetCurrentHash(destination);
        s_provider.Hash(name, [], reference);
        Assert.Equal(reference, destination);

        transcript.Append("ab"u8);
        transcript.GetCurrentHash(destination);
        s_provider.Hash(name, "ab"u8, reference);
        Assert.Equal(reference, destination);

        transcript.Append([]);
        transcript.Append("c"u8);
        transcript.GetCurrentHash(destination);
        Assert.Equal(expected, destination.ToHex());
        transcript.GetCurrentHash(destination);
        Assert.Equal(expected, destination.ToHex());
    }

    // RFC 4231 section 4.3.
    [Theory]
    [InlineData("SHA256", "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")]
    [InlineData("SHA384", "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649")]
    public void Hmac_MatchesTheRfcsVectors(string algorithm, string expected)
    {
        var destination = new byte[expected.Length / 2];
        s_provider.Hmac(new HashAlgorithmName(algorithm), "Jefe"u8, "what do ya want for nothing?"u8, destination);
        Assert.Equal(expected, destination.ToHex());
    }

    // RFC 5869 appendix A.1 to A.3.
    [Theory]
    [InlineData(
        "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b",
        "000102030405060708090a0b0c",
        "f0f1f2f3f4f5f6f7f8f9",
        "077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5",
        "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865")]
    [InlineData(
        "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f"
        + "303132333435363738393a3b3c3d3e3f404142434445464748494a4b4c4d4e4f",
        "606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f808182838485868788898a8b8c8d8e8f"
        + "909192939495969798999a9b9c9d9e9fa0a1a2a3a4a5a6a7a8a9aaabacadaeaf",
        "b0b1b2b3b4b5b6b7b8b9babbbcbdbebfc0c1c2c3c4c5c6c7c8c9cacbcccdcecfd0d1d2d3d4d5d6d7d8d9dadbdcdddedf"
        + "e0e1e2e3e4e5e6e7e8e9eaebecedeeeff0f1f2f3f4f5f6f7f8f9fafbfcfdfeff",
        "06a6b88c5853361a06104c9ceb35b45cef760014904671014a193f40c15fc244",
        "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09"
        + "da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87")]
    [InlineData(
        "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b",
        "",
        "",
        "19ef24a32c717b167f33a91d6f648bdf96596776afdb6377ac434c1c293ccb04",
        "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8")]
    public void Hkdf_MatchesTheRfcsVectors(
        string inputKeyingMaterial, string salt, string info, string pseudorandomKey, string expected)
    {
        var prk = new byte[32];
        s_provider.HkdfExtract(HashAlgorithmName.SHA256, inputKeyingMaterial.FromHex(), salt.FromHex(), prk);
        Assert.Equal(pseudorandomKey, prk.ToHex());

        var okm = new byte[expected.Length / 2];
        s_provider.HkdfExpand(HashAlgorithmName.SHA256, prk, info.FromHex(), okm);
        Assert.Equal(expected, okm.ToHex());
    }

    [Fact]
    public void HkdfExtract_IsHmacAlsoInSha384()
    {
        var prk = new byte[48];
        var hmac = new byte[48];
        var salt = Encoding.ASCII.GetBytes("salt");
        s_provider.HkdfExtract(HashAlgorithmName.SHA384, [1, 2, 3], salt, prk);
        s_provider.Hmac(HashAlgorithmName.SHA384, salt, [1, 2, 3], hmac);
        Assert.Equal(hmac, prk);
    }

    [Fact]
    public void EveryHash_RefusesOtherAlgorithmsAndLengths()
    {
        Assert.Throws<NotSupportedException>(() => s_provider.Hash(HashAlgorithmName.SHA512, [], new byte[64]));
        Assert.Throws<NotSupportedException>(() => s_provider.Hmac(HashAlgorithmName.SHA1, [], [], new byte[20]));
        Assert.Throws<NotSupportedException>(() => s_provider.CreateTranscriptHash(HashAlgorithmName.MD5));
        Assert.Throws<NotSupportedException>(
            () => s_provider.HkdfExpand(HashAlgorithmName.SHA512, new byte[64], [], new byte[64]));
        Assert.Throws<NotSupportedException>(
            () => s_provider.HkdfExtract(HashAlgorithmName.SHA512, [1], [], new byte[64]));
        Assert.Throws<ArgumentException>(() => s_provider.Hash(HashAlgorithmName.SHA256, [], new byte[33]));
        Assert.Throws<ArgumentException>(() => s_provider.Hmac(HashAlgorithmName.SHA256, [], [], new byte[48]));
        Assert.Throws<ArgumentException>(
            () => s_provider.HkdfExtract(HashAlgorithmName.SHA256, [1], [], new byte[48]));
        using var transcript = s_provider.CreateTranscriptHash(HashAlgorithmName.SHA256);
        Assert.Throws<ArgumentException>(() => transcript.GetCurrentHash(new byte[48]));
    }

    /// <summary>libcrypto's HMAC and .NET's, for every length of key, data and output that TLS could ask for.</summary>
    [Theory]
    [InlineData("SHA256")]
    [InlineData("SHA384")]
    public void HmacAndHkdf_AreTheSameWithAndWithoutLibcrypto(string algorithm)
    {
        var name = new HashAlgorithmName(algorithm);
        DefaultCryptoProvider other = Providers.WithoutLibcrypto;
        int hashLength = algorithm == "SHA256" ? 32 : 48;
        byte[] bytes = RandomNumberGenerator.GetBytes(600);
        for (int length = 0; length <= 300; length++)
        {
            byte[] ours = new byte[hashLength], theirs = new byte[hashLength];
            s_provider.Hmac(name, bytes.AsSpan(0, length), bytes.AsSpan(length, 300 - length), ours);
            other.Hmac(name, bytes.AsSpan(0, length), bytes.AsSpan(length, 300 - length), theirs);
            Assert.Equal(theirs, ours);

            s_provider.HkdfExtract(name, bytes.AsSpan(length, 40), bytes.AsSpan(0, length % 100), ours);
            other.HkdfExtract(name, bytes.AsSpan(length, 40), bytes.AsSpan(0, length % 100), theirs);
            Assert.Equal(theirs, ours);

            byte[] ourOutput = new byte[1 + (length % 100)], theirOutput = new byte[1 + (length % 100)];
            s_provider.HkdfExpand(name, bytes.AsSpan(0, hashLength), bytes.AsSpan(100, length), ourOutput);
            other.HkdfExpand(name, bytes.AsSpan(0, hashLength), bytes.AsSpan(100, length), theirOutput);
            Assert.Equal(theirOutput, ourOutput);
        }
    }
}
