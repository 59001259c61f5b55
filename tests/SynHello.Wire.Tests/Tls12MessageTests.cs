namespace SynHello.Wire.Tests;

/// <summary>What TLS 1.2 has of its own: read as it was written, and nothing else read.</summary>
public sealed class Tls12MessageTests
{
    [Fact]
    public void ServerHello_RoundTrips()
    {
        byte[] body = Samples.Bodies["ServerHello of TLS 1.2"];
        Tls12ServerHello hello = Tls12ServerHello.Parse(body, Samples.EverythingOffered);
        Assert.Equal(CipherSuite.TlsEcdheEcdsaWithAes128GcmSha256, hello.CipherSuite);
        Assert.True(hello.SessionId.SequenceEqual(Samples.Bytes(32, 2)));
        Assert.True(hello.ApplicationProtocol.SequenceEqual("h2"u8));
        Assert.Equal(4096, hello.RecordSizeLimit);
        Assert.True(hello.Present.Contains(ExtensionType.RenegotiationInfo));
        Assert.True(hello.RenegotiatedConnection.IsEmpty);
        Assert.Equal(
            body, Samples.Body(writer => Tls12ServerHello.Parse(body, Samples.EverythingOffered).Write(writer)));

        // Whoever looks at the version first sees no extension of it.
        ServerHello seen = ServerHello.Parse(body);
        Assert.Equal((ProtocolVersion.Tls12, default), (seen.SelectedVersion, seen.Present));
    }

    [Fact]
    public void ServerHello_WithoutExtensions_HasNoFieldForThem()
    {
        byte[] body = Samples.Body(writer => new Tls12ServerHello
        {
            Random = Samples.Bytes(32, 1),
            CipherSuite = CipherSuite.TlsEcdheRsaWithAes128GcmSha256,
        }.Write(writer));
        Assert.Equal(2 + 32 + 1 + 2 + 1, body.Length);
        Assert.Equal(default, Tls12ServerHello.Parse(body, default).Present);
    }

    [Theory]
    [InlineData("00170000" + "00170000", TlsErrorCause.DuplicateExtension)]
    [InlineData("000d0000", TlsErrorCause.MisplacedExtension)] // signature_algorithms
    [InlineData("00330000", TlsErrorCause.MisplacedExtension)] // key_share
    [InlineData("00290002" + "0000", TlsErrorCause.MisplacedExtension)] // pre_shared_key
    [InlineData("5a5a0000", TlsErrorCause.UnsolicitedExtension)]
    [InlineData("00160000", TlsErrorCause.UnsolicitedExtension)] // encrypt_then_mac
    [InlineData("00170001" + "00", TlsErrorCause.TrailingBytes)]
    [InlineData("00100009" + "0007" + "026832" + "03612f62", TlsErrorCause.TrailingBytes)] // two protocols
    [InlineData("ff010001" + "01", TlsErrorCause.TruncatedMessage)]
    public void ServerHello_RefusesExtensions(string extensions, TlsErrorCause cause)
    {
        byte[] block = Convert.FromHexString(extensions);
        byte[] body = [3, 3, .. Samples.Bytes(32, 1), 0, 0xc0, 0x2b, 0, 0, (byte)block.Length, .. block];
        var offered = new ExtensionSet(~(1ul << 22));
        Refusal.Expect(cause, () => Tls12ServerHello.Parse(body, offered));
    }

    [Fact]
    public void ServerHello_RefusesWhatWasNotOffered()
    {
        byte[] body = Samples.Bodies["ServerHello of TLS 1.2"];
        foreach (ExtensionType type in new[]
                 { ExtensionType.ServerName, ExtensionType.ExtendedMasterSecret, ExtensionType.RenegotiationInfo })
        {
            ExtensionSet all = Tls12ServerHello.Parse(body, Samples.EverythingOffered).Present;
            var others = new ExtensionSet(all.Bits & ~default(ExtensionSet).With(type).Bits);
            Refusal.Expect(TlsErrorCause.UnsolicitedExtension, () => Tls12ServerHello.Parse(body, others));
        }
    }

    [Fact]
    public void ServerKeyExchange_SignsItsParameters()
    {
        ServerKeyExchange exchange = ServerKeyExchange.Parse(Samples.Bodies["ServerKeyExchange"]);
        Assert.Equal(NamedGroup.X25519, exchange.Group);
        Assert.Equal(SignatureScheme.EcdsaSecp256r1Sha256, exchange.Algorithm);
        Assert.Equal([3, 0, 0x1d, 32, .. Samples.Bytes(32, 3)], exchange.Parameters.ToArray());
        Assert.Equal(Samples.Bytes(32, 3), exchange.PublicKey.ToArray());
        Assert.Equal(Samples.Bytes(71, 9), exchange.Signature.ToArray());
    }

    [Theory]
    [InlineData("01", TlsErrorCause.IllegalValue)] // explicit_prime
    [InlineData("02", TlsErrorCause.IllegalValue)] // explicit_char2
    [InlineData("03001d00" + "04030001aa", TlsErrorCause.VectorLengthOutOfRange)]
    public void ServerKeyExchange_RefusesWhatIsNoNamedCurve(string body, TlsErrorCause cause) =>
        Refusal.Expect(cause, () => ServerKeyExchange.Parse(Convert.FromHexString(body)));

    [Fact]
    public void OtherMessages_RoundTrip()
    {
        Assert.Equal(Samples.Bytes(65, 3), ClientKeyExchange.Parse(Samples.Bodies["ClientKeyExchange"]).ToArray());
        Assert.Equal(Samples.Bytes(90, 9), CertificateStatus.Parse(Samples.Bodies["CertificateStatus"]).ToArray());
        Tls12NewSessionTicket ticket = Tls12NewSessionTicket.Parse(Samples.Bodies["NewSessionTicket of TLS 1.2"]);
        Assert.Equal(7200u, ticket.LifetimeHintSeconds);
        Assert.Equal(Samples.Bytes(178, 11), ticket.Ticket.ToArray());
        Tls12CertificateRequest request =
            Tls12CertificateRequest.Parse(Samples.Bodies["CertificateRequest of TLS 1.2"]);
        Assert.Equal([64, 1], request.CertificateTypes.ToArray());
        Assert.Equal(2, request.SignatureAlgorithms.Count);
        Assert.Equal([0x30, 0], Assert.Single(request.ReadAuthorities()).ToArray());
        var chain = new List<byte[]>();
        foreach (ReadOnlySpan<byte> der in Tls12Certificate.Parse(Samples.Bodies["Certificate of TLS 1.2"]))
            chain.Add(der.ToArray());
        Assert.Equal([Samples.Bytes(70, 6), Samples.Bytes(50, 7)], chain);
    }

    [Fact]
    public void CertificateStatus_RefusesAnotherType() =>
        Refusal.Expect(TlsErrorCause.IllegalValue, () => CertificateStatus.Parse([2, 0, 0, 1, 1]));

    [Theory]
    [InlineData("00" + "00020403" + "0000", TlsErrorCause.VectorLengthOutOfRange)] // no kind of key
    [InlineData("0140" + "0000" + "0000", TlsErrorCause.VectorLengthOutOfRange)] // no algorithm
    [InlineData("0140" + "000304" + "0304" + "0000", TlsErrorCause.VectorLengthOutOfRange)] // one and a half
    [InlineData("0140" + "00020403" + "00020000", TlsErrorCause.VectorLengthOutOfRange)] // an empty name
    public void CertificateRequest_Refuses(string body, TlsErrorCause cause) =>
        Refusal.Expect(cause, () => Tls12CertificateRequest.Parse(Convert.FromHexString(body)));

    [Fact]
    public void ClientHello_HoldsWhatTls12Needs()
    {
        byte[] body = Samples.Body(writer => new ClientHello
        {
            LegacyVersion = ProtocolVersion.Tls12,
            Random = Samples.Bytes(32, 1),
            CipherSuites = new CodePoints([0xc0, 0x2b, 0, 0xff]),
            LegacyCompressionMethods = [0],
            Present = default(ExtensionSet)
                .With(ExtensionType.EcPointFormats)
                .With(ExtensionType.ExtendedMasterSecret)
                .With(ExtensionType.SessionTicket)
                .With(ExtensionType.RenegotiationInfo),
            PointFormats = [0],
            SessionTicket = Samples.Bytes(100, 2),
            RenegotiatedConnection = Samples.Bytes(12, 3),
        }.Write(writer));
        ClientHello hello = ClientHello.Parse(body);
        Assert.Equal([0], hello.PointFormats.ToArray());
        Assert.Equal(Samples.Bytes(100, 2), hello.SessionTicket.ToArray());
        Assert.Equal(Samples.Bytes(12, 3), hello.RenegotiatedConnection.ToArray());
        Assert.True(hello.Present.Contains(ExtensionType.ExtendedMasterSecret));
        Assert.Equal(body, Samples.Body(writer => ClientHello.Parse(body).Write(writer)));
    }

    [Theory]
    [InlineData("00170001" + "00", TlsErrorCause.TrailingBytes)]
    [InlineData("000b0001" + "00", TlsErrorCause.VectorLengthOutOfRange)]
    [InlineData("ff010002" + "0000", TlsErrorCause.TrailingBytes)]
    public void ClientHello_RefusesExtensions(string extensions, TlsErrorCause cause)
    {
        byte[] block = Convert.FromHexString(extensions);
        byte[] body = [3, 3, .. Samples.Bytes(32, 1), 0, 0, 2, 0xc0, 0x2b, 1, 0, 0, (byte)block.Length, .. block];
        Refusal.Expect(cause, () => ClientHello.Parse(body));
    }

    [Theory]
    [InlineData(0xc02b, "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256")]
    [InlineData(0xc02c, "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384")]
    [InlineData(0xc02f, "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256")]
    [InlineData(0xc030, "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384")]
    [InlineData(0xcca8, "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256")]
    [InlineData(0xcca9, "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256")]
    public void CipherSuites_HaveTheirNames(int value, string name)
    {
        var suite = new CipherSuite((ushort)value);
        Assert.Equal(name, suite.ToString());
        Assert.Equal(name, suite.ToTlsCipherSuite().ToString());
        Assert.False(suite.IsTls13);
    }
}
