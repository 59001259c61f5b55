using System.Security.Cryptography;

using SynHello.Wire;

namespace SynHello.Crypto.Tests;

public sealed class NistKeyExchangeTests
{
    public static TheoryData<bool, ushort> ProvidersAndGroups => new()
    {
        { true, NamedGroup.Secp256r1.Value },
        { true, NamedGroup.Secp384r1.Value },
        { false, NamedGroup.Secp256r1.Value },
        { false, NamedGroup.Secp384r1.Value },
    };

    // RFC 5903 sections 8.1 and 8.2.
    [Theory]
    [InlineData(
        true,
        0x0017,
        "C88F01F510D9AC3F70A292DAA2316DE544E9AAB8AFE84049C62A9C57862D1433",
        "DAD0B65394221CF9B051E1FECA5787D098DFE637FC90B9EF945D0C3772581180"
        + "5271A0461CDB8252D61F1C456FA3E59AB1F45B33ACCF5F58389E0577B8990BB3",
        "D12DFB5289C8D4F81208B70270398C342296970A0BCCB74C736FC7554494BF63"
        + "56FBF3CA366CC23E8157854C13C58D6AAC23F046ADA30F8353E74F33039872AB",
        "D6840F6B42F6EDAFD13116E0E12565202FEF8E9ECE7DCE03812464D04B9442DE")]
    [InlineData(
        false,
        0x0017,
        "C88F01F510D9AC3F70A292DAA2316DE544E9AAB8AFE84049C62A9C57862D1433",
        "DAD0B65394221CF9B051E1FECA5787D098DFE637FC90B9EF945D0C3772581180"
        + "5271A0461CDB8252D61F1C456FA3E59AB1F45B33ACCF5F58389E0577B8990BB3",
        "D12DFB5289C8D4F81208B70270398C342296970A0BCCB74C736FC7554494BF63"
        + "56FBF3CA366CC23E8157854C13C58D6AAC23F046ADA30F8353E74F33039872AB",
        "D6840F6B42F6EDAFD13116E0E12565202FEF8E9ECE7DCE03812464D04B9442DE")]
    [InlineData(
        true,
        0x0018,
        "099F3C7034D4A2C699884D73A375A67F7624EF7C6B3C0F160647B67414DCE655E35B538041E649EE3FAEF896783AB194",
        "667842D7D180AC2CDE6F74F37551F55755C7645C20EF73E31634FE72B4C55EE6DE3AC808ACB4BDB4C88732AEE95F41AA"
        + "9482ED1FC0EEB9CAFC4984625CCFC23F65032149E0E144ADA024181535A0F38EEB9FCFF3C2C947DAE69B4C634573A81C",
        "E558DBEF53EECDE3D3FCCFC1AEA08A89A987475D12FD950D83CFA41732BC509D0D1AC43A0336DEF96FDA41D0774A3571"
        + "DCFBEC7AACF3196472169E838430367F66EEBE3C6E70C416DD5F0C68759DD1FFF83FA40142209DFF5EAAD96DB9E6386C",
        "11187331C279962D93D604243FD592CB9D0A926F422E47187521287E7156C5C4D603135569B9E9D09CF5D4A270F59746")]
    public void ImportKeyExchange_MatchesTheRfcsVectors(
        bool libcrypto, int group, string scalar, string publicPoint, string peerPoint, string expected)
    {
        using var keyExchange =
            Providers.Get(libcrypto).ImportKeyExchange(new NamedGroup((ushort)group), scalar.FromHex());
        Assert.Equal("04" + publicPoint, Convert.ToHexString(keyExchange.PublicKey));
        Assert.Equal(expected, Convert.ToHexString(keyExchange.Derive(("04" + peerPoint).FromHex())));
    }

    [Theory, MemberData(nameof(ProvidersAndGroups))]
    public void DeriveSharedSecret_AgreesWithDotNetBothWays(bool libcrypto, ushort group)
    {
        using var ours = Providers.Get(libcrypto).CreateKeyExchange(new NamedGroup(group));
        var curve = NistCurve.For(new NamedGroup(group))!;
        using var theirs = ECDiffieHellman.Create(curve.Curve);
        var q = theirs.ExportParameters(includePrivateParameters: false).Q;
        using var oursInDotNet = ECDiffieHellman.Create(
            new ECParameters { Curve = curve.Curve, Q = curve.ToPoint(ours.PublicKey) });

        var expected = theirs.DeriveRawSecretAgreement(oursInDotNet.PublicKey);
        Assert.Equal(expected, ours.Derive([0x04, .. q.X!, .. q.Y!]));
        Assert.Equal(ours.SharedSecretLength, expected.Length);
    }

    [Theory, MemberData(nameof(ProvidersAndGroups))]
    public void DeriveSharedSecret_AgreesBetweenTwoFreshPairs(bool libcrypto, ushort group)
    {
        var provider = Providers.Get(libcrypto);
        using var one = provider.CreateKeyExchange(new NamedGroup(group));
        using var other = provider.CreateKeyExchange(new NamedGroup(group));
        Assert.False(one.PublicKey.SequenceEqual(other.PublicKey));
        Assert.Equal(one.Derive(other.PublicKey), other.Derive(one.PublicKey));
    }

    [Theory, MemberData(nameof(ProvidersAndGroups))]
    public void DeriveSharedSecret_RefusesWhatIsNoUncompressedPointOfTheCurve(bool libcrypto, ushort group)
    {
        var provider = Providers.Get(libcrypto);
        using var keyExchange = provider.CreateKeyExchange(new NamedGroup(group));
        using var peer = provider.CreateKeyExchange(new NamedGroup(group));
        var point = peer.PublicKey.ToArray();
        var offCurve = (byte[])point.Clone();
        offCurve[^1] ^= 1;
        var offCurveInX = (byte[])point.Clone();
        offCurveInX[1] ^= 0x40;
        byte[] zero = [0x04, .. new byte[point.Length - 1]];
        var aboveTheField = new byte[point.Length];
        Array.Fill(aboveTheField, (byte)0xff);
        aboveTheField[0] = 0x04;
        var coordinate = (point.Length - 1) / 2;
        byte[] compressed = [(byte)(2 + (point[^1] & 1)), .. point[1..(1 + coordinate)]];
        byte[] hybrid = [(byte)(6 + (point[^1] & 1)), .. point[1..]];
        byte[] compressedPadded = [compressed[0], .. point[1..]];
        byte[] infinity = [0x00];
        byte[] infinityPadded = new byte[point.Length];

        byte[][] invalid =
        [
            offCurve, offCurveInX, zero, aboveTheField, compressed, hybrid, compressedPadded, infinity, infinityPadded,
            [], point[..^1], [.. point, 0], new byte[32], new byte[133],
        ];
        foreach (var share in invalid)
        {
            var secret = new byte[keyExchange.SharedSecretLength];
            var refusal = Assert.Throws<TlsProtocolException>(() => keyExchange.DeriveSharedSecret(share, secret));
            Assert.Equal(TlsErrorCause.InvalidKeyShare, refusal.Cause);
            Assert.Equal(AlertDescription.IllegalParameter, refusal.Alert);
            Assert.Equal(new byte[secret.Length], secret);
            if (libcrypto)
                Assert.Equal(0u, ErrorQueue.Peek());
        }

        // The key pair is still good, and so is .NET's use of the same library.
        Assert.Equal(peer.Derive(keyExchange.PublicKey), keyExchange.Derive(point));
        using var dotNet = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        Assert.NotEmpty(dotNet.SignData([1], HashAlgorithmName.SHA256));
    }

    [Theory, MemberData(nameof(ProvidersAndGroups))]
    public void ImportKeyExchange_RefusesScalarsOutOfRange(bool libcrypto, ushort group)
    {
        var provider = Providers.Get(libcrypto);
        var length = NistCurve.For(new NamedGroup(group))!.FieldLength;
        Assert.Throws<ArgumentException>(() => provider.ImportKeyExchange(new NamedGroup(group), new byte[length - 1]));
        Assert.ThrowsAny<CryptographicException>(() => provider.ImportKeyExchange(new NamedGroup(group), new byte[length]));
    }

    [Fact]
    public void KeyExchange_WorksOnManyThreadsAtOnce() => Parallel.For(0, 200, _ =>
    {
        foreach (var group in new[] { NamedGroup.X25519, NamedGroup.Secp256r1 })
        {
            using var one = DefaultCryptoProvider.Instance.CreateKeyExchange(group);
            using var other = DefaultCryptoProvider.Instance.CreateKeyExchange(group);
            Assert.Equal(one.Derive(other.PublicKey), other.Derive(one.PublicKey));
        }
    });
}
