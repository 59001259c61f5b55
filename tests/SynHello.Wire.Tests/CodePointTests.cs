namespace SynHello.Wire.Tests;

public sealed class CodePointTests
{
    [Fact]
    public void UnknownValues_Survive()
    {
        Assert.Equal(0x7a7a, new CipherSuite(0x7a7a).Value);
        Assert.Equal(0x7a7a, new NamedGroup(0x7a7a).Value);
        Assert.Equal(0x7a7a, new SignatureScheme(0x7a7a).Value);
        Assert.Equal(0x7a7a, new ProtocolVersion(0x7a7a).Value);
        Assert.Equal(0x7a7a, new ExtensionType(0x7a7a).Value);
        Assert.Equal(0x7a, new HandshakeType(0x7a).Value);
        Assert.Equal(0x7a, new ContentType(0x7a).Value);
        Assert.Equal(0x7a, new AlertDescription(0x7a).Value);
    }

    [Fact]
    public void UnknownValues_ArePrintedAsNumbers()
    {
        Assert.Equal("unknown(0x7a7a)", new CipherSuite(0x7a7a).ToString());
        Assert.Equal("unknown(0x7a7a)", new NamedGroup(0x7a7a).ToString());
        Assert.Equal("unknown(0x7a7a)", new SignatureScheme(0x7a7a).ToString());
        Assert.Equal("unknown(0x7a7a)", new ProtocolVersion(0x7a7a).ToString());
        Assert.Equal("unknown(0x7a7a)", new ExtensionType(0x7a7a).ToString());
        Assert.Equal("unknown(0x007a)", new HandshakeType(0x7a).ToString());
        Assert.Equal("unknown(0x007a)", new ContentType(0x7a).ToString());
        Assert.Equal("unknown(0x007a)", new AlertDescription(0x7a).ToString());
    }

    [Fact]
    public void KnownValues_HaveTheRegistrysNumbers()
    {
        Assert.Equal((0x1301, 0x1302, 0x1303), (
            CipherSuite.TlsAes128GcmSha256.Value,
            CipherSuite.TlsAes256GcmSha384.Value,
            CipherSuite.TlsChaCha20Poly1305Sha256.Value));
        Assert.Equal((0x17, 0x18, 0x1d), (
            NamedGroup.Secp256r1.Value, NamedGroup.Secp384r1.Value, NamedGroup.X25519.Value));
        Assert.Equal(0x0403, SignatureScheme.EcdsaSecp256r1Sha256.Value);
        Assert.Equal(0x0503, SignatureScheme.EcdsaSecp384r1Sha384.Value);
        Assert.Equal((0x0804, 0x0805, 0x0806), (
            SignatureScheme.RsaPssRsaeSha256.Value,
            SignatureScheme.RsaPssRsaeSha384.Value,
            SignatureScheme.RsaPssRsaeSha512.Value));
        Assert.Equal(0x0807, SignatureScheme.Ed25519.Value);
        Assert.Equal((0x0401, 0x0501, 0x0601), (
            SignatureScheme.RsaPkcs1Sha256.Value,
            SignatureScheme.RsaPkcs1Sha384.Value,
            SignatureScheme.RsaPkcs1Sha512.Value));
        Assert.Equal((0x0301, 0x0303, 0x0304), (
            ProtocolVersion.Tls10.Value, ProtocolVersion.Tls12.Value, ProtocolVersion.Tls13.Value));
        Assert.Equal(
            System.Net.Security.TlsCipherSuite.TLS_AES_128_GCM_SHA256,
                CipherSuite.TlsAes128GcmSha256.ToTlsCipherSuite());
    }

    [Fact]
    public void ExtensionSet_HoldsTheTypesBelow63AndRenegotiationInfoAndNoOther()
    {
        ExtensionSet set = default(ExtensionSet)
            .With(ExtensionType.ServerName)
            .With(ExtensionType.KeyShare)
            .With(new ExtensionType(63))
            .With(new ExtensionType(64))
            .With(new ExtensionType(ushort.MaxValue));
        Assert.True(set.Contains(ExtensionType.ServerName));
        Assert.True(set.Contains(ExtensionType.KeyShare));
        Assert.False(set.Contains(new ExtensionType(64)));
        Assert.False(set.Contains(new ExtensionType(51 + 64)));
        Assert.Equal(ExtensionType.KeyShare, set.FirstOutside(default(ExtensionSet).With(ExtensionType.ServerName)));
        Assert.Null(set.FirstOutside(set));
        Assert.False(set.Contains(new ExtensionType(63)));
        Assert.False(set.Contains(ExtensionType.RenegotiationInfo));
        ExtensionSet renegotiating = set.With(ExtensionType.RenegotiationInfo);
        Assert.True(renegotiating.Contains(ExtensionType.RenegotiationInfo));
        Assert.False(renegotiating.Contains(new ExtensionType(63)));
        Assert.Equal(ExtensionType.RenegotiationInfo, renegotiating.FirstOutside(set));
    }

    [Fact]
    public void RecordHeader_IsReadAsItWasWritten()
    {
        byte[] bytes = new byte[RecordHeader.Size];
        var header = new RecordHeader(ContentType.ApplicationData, ProtocolVersion.Tls12, 0x1234);
        header.Write(bytes);
        Assert.Equal("1703031234", Convert.ToHexStringLower(bytes));
        Assert.True(RecordHeader.TryRead(bytes, out RecordHeader read));
        Assert.Equal(header, read);
        Assert.False(RecordHeader.TryRead(bytes.AsSpan(0, 4), out _));
    }
}
