using System.Security.Cryptography;
using System.Text;

using SynHello.Tls;
using SynHello.Wire;

namespace SynHello.Crypto.Tests;

public sealed class AeadTests
{
    private const string GcmPlaintext =
        "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39";

    /// <summary>Each suite, in libcrypto and in .NET.</summary>
    public static TheoryData<ushort, bool> Suites => new()
    {
        { 0x1301, true }, { 0x1302, true }, { 0x1303, true }, { 0x1301, false }, { 0x1302, false }, { 0x1303, false },
    };

    // Test cases 4 and 16 of the GCM specification (McGrew, Viega).
    [Theory]
    [InlineData(
        0x1301,
        "feffe9928665731c6d6a8f9467308308",
        "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091"
        + "5bc94fbc3221a5db94fae95ae7121a47")]
    [InlineData(
        0x1302,
        "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308",
        "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
        + "76fc6ece0f4e1768cddf8853bb2d551b")]
    public void AesGcm_MatchesTheSpecificationsVectors(int suite, string key, string expected) =>
        CheckVector(
            suite,
            key.FromHex(),
            "cafebabefacedbaddecaf888".FromHex(),
            "feedfacedeadbeeffeedfacedeadbeefabaddad2".FromHex(),
            GcmPlaintext.FromHex(),
            expected.FromHex());

    // RFC 8439 section 2.8.2.
    [Fact]
    public void ChaCha20Poly1305_MatchesTheRfcsVector() =>
        CheckVector(
            0x1303,
            "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f".FromHex(),
            "070000004041424344454647".FromHex(),
            "50515253c0c1c2c3c4c5c6c7".FromHex(),
            Encoding.ASCII.GetBytes(
                "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, "
                + "sunscreen would be it."),
            ("d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d63dbea45e8ca9671282fafb69da92728b1a71de0a9e060b29"
            + "05d6a5b67ecd3b3692ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc3ff4def08e4b7a9de576d26586cec64b"
            + "61161ae10b594f09e26a7e902ecbd0600691").FromHex());

    [Theory, MemberData(nameof(Suites))]
    public void SealAndTryOpen_WorkInPlaceAtEverySize(ushort suite, bool libcrypto)
    {
        using var aead = Create(suite, libcrypto);
        var nonce = new byte[Aead.NonceLength];
        byte[] associatedData = [23, 3, 3, 0, 42];
        foreach (var size in new[] { 0, 1, 15, 16, 17, 255, 1400, 16384, 16385 })
        {
            var plaintext = new byte[size];
            RandomNumberGenerator.Fill(plaintext);
            var apart = new byte[size + Aead.TagLength];
            aead.Seal(nonce, associatedData, plaintext, apart);

            byte[] buffer = [.. plaintext, .. new byte[Aead.TagLength]];
            aead.Seal(nonce, associatedData, buffer.AsSpan(0, size), buffer);
            Assert.Equal(apart, buffer);

            Assert.True(aead.TryOpen(nonce, associatedData, buffer, buffer.AsSpan(0, size)));
            Assert.Equal(plaintext, buffer[..size]);
            nonce[0]++;
        }
    }

    [Theory, MemberData(nameof(Suites))]
    public void Seal_OfTwoParts_IsThatOfOne(ushort suite, bool libcrypto)
    {
        using var aead = Create(suite, libcrypto);
        var nonce = new byte[Aead.NonceLength];
        byte[] associatedData = [23, 3, 3, 0, 42];
        foreach (var first in new[] { 0, 1, 16, 2047, 2048, 2049, 4095, 16384 })
        {
            foreach (var second in new[] { 0, 1, 15, 16, 300 })
            {
                var plaintext = new byte[first + second];
                RandomNumberGenerator.Fill(plaintext);
                var whole = new byte[plaintext.Length + Aead.TagLength];
                aead.Seal(nonce, associatedData, plaintext, whole);

                var parts = new byte[whole.Length];
                plaintext.AsSpan(first).CopyTo(parts.AsSpan(first));
                aead.Seal(nonce, associatedData, plaintext.AsSpan(0, first), second, parts);
                Assert.Equal(whole, parts);
                nonce[0]++;
            }
        }

        Assert.ThrowsAny<ArgumentException>(() => aead.Seal(nonce, [], new byte[3000], 1, new byte[3016]));
        Assert.ThrowsAny<ArgumentException>(() => aead.Seal(nonce, [], new byte[3000], 1, new byte[3018]));
    }

    [Theory, MemberData(nameof(Suites))]
    public void TryOpen_IsFalseForAnyChangedBit(ushort suite, bool libcrypto)
    {
        using var aead = Create(suite, libcrypto);
        var nonce = new byte[Aead.NonceLength];
        byte[] associatedData = [1, 2, 3];
        var message = new byte[20 + Aead.TagLength];
        aead.Seal(nonce, associatedData, new byte[20], message);
        var plaintext = new byte[20];
        for (var bit = 0; bit < message.Length * 8; bit++)
        {
            message[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.False(aead.TryOpen(nonce, associatedData, message, plaintext));
            message[bit / 8] ^= (byte)(1 << (bit % 8));
        }

        Assert.False(aead.TryOpen(nonce, [1, 2, 4], message, plaintext));
        nonce[3] = 1;
        Assert.False(aead.TryOpen(nonce, associatedData, message, plaintext));
        nonce[3] = 0;
        Assert.False(aead.TryOpen(nonce, associatedData, message.AsSpan(0, 16), []));
        Assert.True(aead.TryOpen(nonce, associatedData, message, plaintext));
    }

    [Theory, MemberData(nameof(Suites))]
    public void SealAndTryOpen_RefuseWrongLengths(ushort suite, bool libcrypto)
    {
        using var aead = Create(suite, libcrypto);
        var nonce = new byte[Aead.NonceLength];
        Assert.ThrowsAny<ArgumentException>(() => aead.Seal(nonce, [], new byte[10], new byte[25]));
        Assert.ThrowsAny<ArgumentException>(() => aead.Seal(nonce, [], new byte[10], new byte[27]));
        Assert.ThrowsAny<ArgumentException>(() => aead.Seal(new byte[8], [], new byte[10], new byte[26]));
        Assert.ThrowsAny<ArgumentException>(() => aead.TryOpen(nonce, [], new byte[15], []));
        Assert.ThrowsAny<ArgumentException>(() => aead.TryOpen(nonce, [], new byte[20], new byte[5]));
    }

    [Theory, MemberData(nameof(Suites))]
    public void TryOpen_LeavesNothingOfWhatDoesNotAuthenticate(ushort suite, bool libcrypto)
    {
        using var aead = Create(suite, libcrypto);
        var message = new byte[100 + Aead.TagLength];
        aead.Seal(new byte[Aead.NonceLength], [], new byte[100], message);
        message[^1] ^= 1;
        var plaintext = Enumerable.Repeat((byte)0x55, 100).ToArray();
        Assert.False(aead.TryOpen(new byte[Aead.NonceLength], [], message, plaintext));
        Assert.Equal(new byte[100], plaintext);
        Assert.Equal((nuint)0, ErrorQueue.Peek());
    }

    [Theory, MemberData(nameof(Suites))]
    public void SealAndTryOpen_RefuseADisposedCipher(ushort suite, bool libcrypto)
    {
        var aead = Create(suite, libcrypto);
        aead.Dispose();
        aead.Dispose();
        Assert.Throws<ObjectDisposedException>(() => aead.Seal(new byte[12], [], new byte[1], new byte[17]));
        Assert.Throws<ObjectDisposedException>(() => aead.TryOpen(new byte[12], [], new byte[17], new byte[1]));
    }

    [Fact]
    public void CreateAead_IsLibcryptosWhereThatIsThere()
    {
        foreach (ushort suite in (ushort[])[0x1301, 0x1302, 0x1303])
        {
            using var native = Create(suite, libcrypto: true);
            using var managed = Create(suite, libcrypto: false);
            Assert.IsType<LibcryptoAead>(native);
            Assert.IsNotType<LibcryptoAead>(managed);
        }
    }

    internal static Aead Create(ushort suite, bool libcrypto) =>
        Providers.Get(libcrypto).CreateAead(new CipherSuite(suite), new byte[suite == 0x1301 ? 16 : 32]);

    private static void CheckVector(
        int suite, byte[] key, byte[] nonce, byte[] associatedData, byte[] plaintext, byte[] expected)
    {
        CheckVector(Providers.Get(libcrypto: true), suite, key, nonce, associatedData, plaintext, expected);
        CheckVector(Providers.Get(libcrypto: false), suite, key, nonce, associatedData, plaintext, expected);
    }

    private static void CheckVector(
        DefaultCryptoProvider provider,
        int suite,
        byte[] key,
        byte[] nonce,
        byte[] associatedData,
        byte[] plaintext,
        byte[] expected)
    {
        using var aead = provider.CreateAead(new CipherSuite((ushort)suite), key);
        var destination = new byte[plaintext.Length + Aead.TagLength];
        aead.Seal(nonce, associatedData, plaintext, destination);
        Assert.Equal(expected.ToHex(), destination.ToHex());

        var opened = new byte[plaintext.Length];
        Assert.True(aead.TryOpen(nonce, associatedData, destination, opened));
        Assert.Equal(plaintext, opened);
    }
}
