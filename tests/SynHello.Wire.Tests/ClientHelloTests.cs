namespace SynHello.Wire.Tests;

public sealed class ClientHelloTests
{
    [Fact]
    public void Parse_ReadsEveryField()
    {
        ClientHello hello = ClientHello.Parse(ClientHelloBuilder.Typical().ToBody());
        Assert.Equal(ProtocolVersion.Tls12, hello.LegacyVersion);
        Assert.Equal(Samples.Bytes(32, 22), hello.Random.ToArray());
        Assert.Equal(Samples.Bytes(32, 20), hello.LegacySessionId.ToArray());
        Assert.Equal([0x13, 0x01, 0x13, 0x02, 0x7a, 0x7a], hello.CipherSuites.Encoded.ToArray());
        Assert.Equal([0], hello.LegacyCompressionMethods.ToArray());
        Assert.Equal("example.com"u8.ToArray(), hello.ServerName.ToArray());
        Assert.True(hello.SupportedVersions.Contains(0x0304));
        Assert.True(hello.SupportedGroups.Contains(0x7a7a));
        Assert.True(hello.SignatureAlgorithms.Contains(0x0804));
        Assert.True(hello.ApplicationProtocols.Contains("http/1.1"u8));
        Assert.False(hello.ApplicationProtocols.Contains("http"u8));
        Assert.Equal(0x4001, hello.RecordSizeLimit);
        Assert.Equal([1, 2, 3], hello.Cookie.ToArray());
        Assert.Equal(7, hello.Padding);
        Assert.True(hello.KeyShares.TryFind(NamedGroup.X25519, out ReadOnlySpan<byte> share));
        Assert.Equal(Samples.Bytes(32, 21), share.ToArray());
        Assert.True(hello.KeyShares.TryFind(new NamedGroup(0x7a7a), out share));
        Assert.Equal([0xab, 0xcd], share.ToArray());
        Assert.False(hello.KeyShares.TryFind(NamedGroup.Secp384r1, out _));
    }

    [Fact]
    public void Parse_TakesAHelloWithoutExtensions()
    {
        ClientHello hello = ClientHello.Parse(ClientHelloBuilder.Typical().ToBodyWithoutExtensions());
        Assert.Equal(default, hello.Present);
        Assert.Equal(-1, hello.Padding);
    }

    [Theory]
    [InlineData(0, "0000", TlsErrorCause.VectorLengthOutOfRange)] // an empty list
    [InlineData(0, "0003000000", TlsErrorCause.VectorLengthOutOfRange)] // an empty name
    [InlineData(0, "000401000161", TlsErrorCause.IllegalValue)] // a name of another type
    [InlineData(0, "0008000001610000016200", TlsErrorCause.TrailingBytes)] // two names
    [InlineData(0, "000500000261" + "00", TlsErrorCause.IllegalValue)] // a NUL in the name
    [InlineData(10, "0000", TlsErrorCause.VectorLengthOutOfRange)]
    [InlineData(10, "0003001d00", TlsErrorCause.VectorLengthOutOfRange)]
    [InlineData(13, "0000", TlsErrorCause.VectorLengthOutOfRange)]
    [InlineData(16, "0000", TlsErrorCause.VectorLengthOutOfRange)]
    [InlineData(16, "00020000", TlsErrorCause.VectorLengthOutOfRange)] // an empty protocol name
    [InlineData(16, "0003026162" + "00", TlsErrorCause.TrailingBytes)]
    [InlineData(21, "0001", TlsErrorCause.IllegalValue)]
    [InlineData(28, "40", TlsErrorCause.TruncatedMessage)]
    [InlineData(43, "00", TlsErrorCause.VectorLengthOutOfRange)]
    [InlineData(43, "03030403", TlsErrorCause.VectorLengthOutOfRange)]
    [InlineData(44, "0000", TlsErrorCause.VectorLengthOutOfRange)]
    [InlineData(51, "0004001d0000", TlsErrorCause.VectorLengthOutOfRange)] // an empty share
    [InlineData(51, "000a001d000101001d000102", TlsErrorCause.IllegalValue)] // a group twice
    public void Parse_RefusesWhatAnExtensionMayNotHold(int type, string data, TlsErrorCause cause) => Refusal.Expect(
        cause, () => ClientHello.Parse(ClientHelloBuilder.Typical().With((ushort)type, data).ToBody()));

    [Fact]
    public void Parse_RefusesMoreSharesThanAnybodyNeeds()
    {
        string sixteen = string.Concat(Enumerable.Range(0, 16).Select(group => $"{group:x4}000101"));
        ClientHello.Parse(ClientHelloBuilder.Typical().With(51, "0050" + sixteen).ToBody());
        Refusal.Expect(TlsErrorCause.IllegalValue, () =>
            ClientHello.Parse(ClientHelloBuilder.Typical().With(51, "0055" + sixteen + "0010000101").ToBody()));
    }

    private static string PreSharedKey => "0008" + "0002aabb" + "01020304" + "0021" + "20" + new string('7', 64);

    [Fact]
    public void Resumption_IsReadAndWritten()
    {
        ClientHelloBuilder builder = new ClientHelloBuilder()
            .With(58, "0302").With(45, "020100").With(42, "").With(41, PreSharedKey);
        byte[] body = builder.ToBody();
        ClientHello hello = ClientHello.Parse(body);
        Assert.Equal(3, hello.NewSessionCount);
        Assert.Equal(2, hello.ResumptionCount);
        Assert.Equal([1, 0], hello.PskKeyExchangeModes.ToArray());
        Assert.True(hello.Present.Contains(ExtensionType.EarlyData));
        Assert.Equal(2 + 33, hello.PreSharedKeys.TruncatedLength);
        PreSharedKeyOffer.Enumerator offer = hello.PreSharedKeys.GetEnumerator();
        Assert.True(offer.MoveNext());
        Assert.Equal([0xaa, 0xbb], offer.Current.Identity.ToArray());
        Assert.Equal(0x01020304u, offer.Current.ObfuscatedTicketAge);
        Assert.Equal(Enumerable.Repeat((byte)0x77, 32), offer.Current.Binder.ToArray());
        Assert.False(offer.MoveNext());

        using var writer = new TlsWriter();
        hello.Write(writer);
        Assert.Equal(body, writer.Written[4..].ToArray());
    }

    [Theory]
    [InlineData(41, "0008" + "0002aabb" + "01020304" + "0000", TlsErrorCause.VectorLengthOutOfRange)]
    [InlineData(41, "0000" + "0000", TlsErrorCause.VectorLengthOutOfRange)]
    [InlineData(41, "0008" + "0002aabb" + "01020304", TlsErrorCause.TruncatedMessage)]
    [InlineData(42, "00", TlsErrorCause.TrailingBytes)]
    [InlineData(45, "00", TlsErrorCause.VectorLengthOutOfRange)]
    [InlineData(58, "01", TlsErrorCause.TruncatedMessage)]
    public void Parse_RefusesMalformedResumption(ushort type, string data, TlsErrorCause cause) =>
        Refusal.Expect(cause, () => ClientHello.Parse(new ClientHelloBuilder().With(type, data).ToBody()));

    [Fact]
    public void Parse_RefusesPreSharedKeyThatIsNotLast()
    {
        ClientHelloBuilder last = ClientHelloBuilder.Typical().With(41, PreSharedKey);
        Assert.True(ClientHello.Parse(last.ToBody()).Present.Contains(ExtensionType.PreSharedKey));
        Refusal.Expect(TlsErrorCause.PreSharedKeyNotLast, () => ClientHello.Parse(last.With(0x6a6a, "").ToBody()));
    }

    [Fact]
    public void Parse_RefusesASessionIdAbove32Octets() => Refusal.Expect(
        TlsErrorCause.VectorLengthOutOfRange,
        () => ClientHello.Parse(new ClientHelloBuilder { SessionId = new byte[33] }.ToBody()));

    [Theory]
    [InlineData("")]
    [InlineData("130113")]
    public void Parse_RefusesCipherSuitesOfNoOrOddLength(string suites) => Refusal.Expect(
        TlsErrorCause.VectorLengthOutOfRange,
        () => ClientHello.Parse(new ClientHelloBuilder { CipherSuites = Convert.FromHexString(suites) }.ToBody()));

    [Fact]
    public void Parse_RefusesNoCompressionMethod() => Refusal.Expect(
        TlsErrorCause.VectorLengthOutOfRange,
        () => ClientHello.Parse(new ClientHelloBuilder { Compression = [] }.ToBody()));

    [Fact]
    public void Parse_RefusesADoubleAndAMisplacedExtension()
    {
        ClientHelloBuilder twice = ClientHelloBuilder.Typical();
        twice.Extensions.Add((0x5a5a, []));
        Refusal.Expect(TlsErrorCause.DuplicateExtension, () => ClientHello.Parse(twice.ToBody()));
        Refusal.Expect(
            TlsErrorCause.MisplacedExtension, () => ClientHello.Parse(ClientHelloBuilder.Typical().With(48,
                "").ToBody()));
    }
}
