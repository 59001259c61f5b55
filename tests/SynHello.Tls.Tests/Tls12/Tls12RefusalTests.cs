using SynHello.Crypto;
using SynHello.Testing;
using SynHello.Wire;

namespace SynHello.Tls.Tests;

/// <summary>What neither side takes of the other in TLS 1.2: odd signatures, weak and export parameters among it.</summary>
public sealed class Tls12RefusalTests
{
    [Fact]
    [Refuses(TlsErrorCause.CipherSuiteNotOffered)]
    [Refuses(TlsErrorCause.IllegalCompression)]
    [Refuses(TlsErrorCause.UnsolicitedExtension)]
    [Refuses(TlsErrorCause.MisplacedExtension)]
    [Refuses(TlsErrorCause.IllegalValue)]
    [Refuses(TlsErrorCause.ApplicationProtocolNotOffered)]
    public void ServerHello_IsRefusedWithWrongValues()
    {
        // RSA_EXPORT, RC4, NULL, RSA key exchange, CBC, one of TLS 1.3, and one of another authentication that is not offered.
        foreach (byte[] suite in new byte[][]
                 { [0, 3], [0, 5], [0, 2], [0, 0x9c], [0xc0, 0x23], [0x13, 1], [0, 0xff], [0x56, 0], [0xc0, 0x2f] })
        {
            AssertHelloRefused(TlsErrorCause.CipherSuiteNotOffered, hello => hello.CipherSuites = suite);
        }

        AssertHelloRefused(TlsErrorCause.IllegalCompression, hello => hello.Compression = [1]);
        AssertHelloRefused(TlsErrorCause.UnsolicitedExtension, hello => hello.With(16, 0, 3, 2, 1, 1));
        AssertHelloRefused(TlsErrorCause.UnsolicitedExtension, hello => hello.With(5));
        AssertHelloRefused(TlsErrorCause.UnsolicitedExtension, hello => hello.With(22)); // encrypt_then_mac
        AssertHelloRefused(TlsErrorCause.UnsolicitedExtension, hello => hello.With(15, 1)); // heartbeat
        AssertHelloRefused(TlsErrorCause.MisplacedExtension, hello => hello.With(13, 0, 2, 4, 3));
        AssertHelloRefused(TlsErrorCause.IllegalValue, hello => hello.With(11, 2, 1, 2)); // compressed points alone

        static void AssertHelloRefused(TlsErrorCause cause, Action<HelloParts> change)
        {
            using var server = new Tls12HostileServer(Tls12Engines.Client(
                suites: [.. Engines.Suites, .. Tls12Engines.Suites[..3]]));
            HelloParts hello = server.Hello();
            change(hello);
            server.Handshake(hello.ToMessage());
            server.AssertRefused(cause, isProtected: false);
        }
    }

    /// <summary>No RFC lets it stand there, some servers send it, and it says nothing that anybody needs.</summary>
    [Fact]
    public void ServerHello_MayNameTheGroupsOfTheServer()
    {
        using var server = new Tls12HostileServer();
        server.SendHello(server.Hello().With(10, 0, 2, 0, 0x1d));
        server.SendFlight();
        server.AssertNotRefused();
    }

    [Fact]
    [Refuses(TlsErrorCause.MessageAcrossFlights)]
    public void ClientHelloAndServerHelloDone_HaveToEndTheirRecords()
    {
        using var client = new Tls12HostileClient();
        client.SendHello(Tls12HostileClient.Hello(), 16);
        client.AssertRefused(TlsErrorCause.MessageAcrossFlights, isProtected: false);
        Assert.Empty(client.Messages);

        using var server = new Tls12HostileServer();
        server.SendHello(server.Hello());
        server.Handshake(server.Certificate(), server.ServerKeyExchange(), server.HelloDone(), [4]);
        server.AssertRefused(TlsErrorCause.MessageAcrossFlights, isProtected: false);
        Assert.Single(server.Messages); // the ClientHello, and no ClientKeyExchange
    }

    [Fact]
    [Refuses(TlsErrorCause.NoCertificate)]
    [Refuses(TlsErrorCause.MalformedCertificate)]
    public void ServersCertificate_HasToBeOne()
    {
        using (var server = new Tls12HostileServer())
        {
            server.SendHello(server.Hello(), Octets.Message(11, 0, 0, 0));
            server.AssertRefused(TlsErrorCause.NoCertificate, isProtected: false);
        }

        using var other = new Tls12HostileServer();
        other.SendHello(other.Hello(), Octets.Message(11, 0, 0, 5, 0, 0, 2, 0x30, 0));
        other.AssertRefused(TlsErrorCause.MalformedCertificate, isProtected: false);
    }

    /// <summary>SHA-1, MD5, DSA, none at all, PSS of another kind of key: nobody offered them.</summary>
    [Theory]
    [InlineData(0x0203)]
    [InlineData(0x0201)]
    [InlineData(0x0101)]
    [InlineData(0x0402)]
    [InlineData(0x0003)]
    [InlineData(0x0400)]
    [InlineData(0x0603)]
    [InlineData(0x0809)]
    [InlineData(0x0804)] // RSA, under a suite of ECDSA
    [InlineData(0x0807)] // another key's
    [Refuses(TlsErrorCause.SignatureSchemeNotOffered)]
    public void ServersSignature_HasToBeOfASchemeThatIsOfferedAndFits(int scheme)
    {
        using var server = new Tls12HostileServer();
        server.SendHello(server.Hello());
        server.Handshake(server.Certificate());
        server.Handshake(server.ServerKeyExchange(saidScheme: new SignatureScheme((ushort)scheme)));
        server.AssertRefused(TlsErrorCause.SignatureSchemeNotOffered, isProtected: false);
    }

    [Fact]
    [Refuses(TlsErrorCause.SignatureSchemeNotOffered)]
    public void Suite_HasToGoWithTheServersKey()
    {
        foreach ((CertificateKind kind, byte suite) in new[] { (CertificateKind.EcdsaP256, (byte)0x2f), (CertificateKind.Rsa2048, (byte)0x2b) })
        {
            using var server = new Tls12HostileServer { Credential = Engines.Credential(kind) };
            HelloParts hello = server.Hello();
            hello.CipherSuites = [0xc0, suite];
            server.SendHello(hello);
            server.Handshake(server.Certificate());
            server.Handshake(server.ServerKeyExchange());
            server.AssertRefused(TlsErrorCause.SignatureSchemeNotOffered, isProtected: false);
        }
    }

    [Fact]
    [Refuses(TlsErrorCause.SignatureSchemeNotOffered)]
    public void Pkcs1_IsNeverTakenInTls13()
    {
        var client = new TlsClientConfiguration(DefaultCryptoProvider.Instance) { Versions = Tls12Engines.Both };
        using var server = new HostileServer(client) { Credential = Engines.Credential(CertificateKind.Rsa2048) };
        server.SendHello(server.Hello());
        server.Handshake(server.EncryptedExtensions(), server.Certificate());
        server.Handshake(server.CertificateVerify(SignatureScheme.RsaPkcs1Sha256));
        server.AssertRefused(TlsErrorCause.SignatureSchemeNotOffered, isProtected: true);
    }

    [Fact]
    [Refuses(TlsErrorCause.BadSignature)]
    public void ServersSignature_HasToBeRight()
    {
        foreach (CertificateKind kind in Enum.GetValues<CertificateKind>())
        {
            using var server = new Tls12HostileServer { Credential = Engines.Credential(kind) };
            server.SendHello(server.Hello());
            server.Handshake(server.Certificate());
            server.Handshake(server.ServerKeyExchange(wrongly: true));
            server.AssertRefused(TlsErrorCause.BadSignature, isProtected: false);
            Assert.DoesNotContain(TlsEvent.NeedCertificateVerdict, server.Victim.Events);
        }
    }

    /// <summary>A signature of another connection covers other Randoms.</summary>
    [Fact]
    [Refuses(TlsErrorCause.BadSignature)]
    public void ServersSignature_IsOfNoUseInAnotherConnection()
    {
        using var first = new Tls12HostileServer();
        first.SendHello(first.Hello());
        first.Handshake(first.Certificate());
        byte[] exchange = first.ServerKeyExchange();
        using var second = new Tls12HostileServer();
        second.SendHello(second.Hello());
        second.Handshake(second.Certificate());
        second.Handshake(exchange);
        second.AssertRefused(TlsErrorCause.BadSignature, isProtected: false);
    }

    [Theory]
    [InlineData(0x0013)] // secp192r1
    [InlineData(0x0015)] // secp224r1
    [InlineData(0x0001)] // sect163k1
    [InlineData(0x0019)] // secp521r1
    [InlineData(0x0100)] // ffdhe2048
    [InlineData(0x7a7a)]
    [Refuses(TlsErrorCause.GroupNotOffered)]
    public void Group_HasToBeOffered(int group)
    {
        using var server = new Tls12HostileServer();
        server.SendHello(server.Hello());
        server.Handshake(server.Certificate());
        server.Handshake(server.ServerKeyExchange([3, .. Octets.Two(group), .. Octets.Vector8(new byte[49])]));
        server.AssertRefused(TlsErrorCause.GroupNotOffered, isProtected: false);
    }

    [Theory]
    [InlineData(1)] // explicit_prime
    [InlineData(2)] // explicit_char2
    [Refuses(TlsErrorCause.IllegalValue)]
    public void Curve_HasToBeNamed(byte type)
    {
        using var server = new Tls12HostileServer();
        server.SendHello(server.Hello());
        server.Handshake(server.Certificate());
        server.Handshake(server.ServerKeyExchange([type, .. server.Parameters().AsSpan(1)]));
        server.AssertRefused(TlsErrorCause.IllegalValue, isProtected: false);
    }

    public static TheoryData<int, byte[]> BadPoints => new()
    {
        { 0x0017, [2, .. Engines.Pattern(32, 3)] }, // compressed
        { 0x0017, [6, .. Engines.Pattern(64, 3)] }, // hybrid
        { 0x0017, [4, .. Engines.Pattern(64, 3)] }, // not on the curve
        { 0x0017, [0] }, // the point at infinity
        { 0x0017, [4, .. new byte[62]] },
        { 0x0018, [4, .. new byte[96]] },
        { 0x001d, new byte[32] }, // leads to zero
        { 0x001d, new byte[31] },
        { 0x001d, new byte[33] },
    };

    [Theory]
    [MemberData(nameof(BadPoints))]
    [Refuses(TlsErrorCause.InvalidKeyShare)]
    public void PublicValue_HasToBeOneOfTheGroup(int group, byte[] value)
    {
        using (var server = new Tls12HostileServer())
        {
            server.SendHello(server.Hello());
            server.Handshake(
                server.Certificate(),
                server.ServerKeyExchange([3, .. Octets.Two(group), .. Octets.Vector8(value)]),
                server.HelloDone());
            server.AssertRefused(TlsErrorCause.InvalidKeyShare, isProtected: false);
            Assert.False(server.Victim.Engine.MaySend);
        }

        using var client = new Tls12HostileClient();
        client.SendHello(Tls12HostileClient.Hello().With(10, 0, 2, (byte)(group >> 8), (byte)group));
        client.Handshake(Octets.Message(16, Octets.Vector8(value)));
        client.AssertRefused(TlsErrorCause.InvalidKeyShare, isProtected: false);
    }

    /// <summary>What only old or weak clients offer: nothing in common.</summary>
    [Theory]
    [InlineData("0003000500040033002f009c009dc013c023c0adc07b130100ff")]
    [InlineData("00ff")]
    [InlineData("cca8c02fc030")] // RSA, where there is only an ECDSA key
    [Refuses(TlsErrorCause.NoCommonCipherSuite)]
    public void Server_TakesNoOtherSuites(string suites)
    {
        using var client = new Tls12HostileClient();
        HelloParts hello = Tls12HostileClient.Hello();
        hello.CipherSuites = Convert.FromHexString(suites);
        client.SendHello(hello);
        client.AssertRefused(TlsErrorCause.NoCommonCipherSuite, isProtected: false);
    }

    [Theory]
    [InlineData("0004" + "02010203")] // SHA-1
    [InlineData("0008" + "0101030302020402")] // MD5, SHA-224, DSA
    [InlineData("0002" + "0401")] // RSA, where there is only an ECDSA key
    [InlineData("0002" + "0603")]
    [InlineData("0002" + "0000")]
    [InlineData(null)] // means SHA-1
    [Refuses(TlsErrorCause.NoCommonSignatureScheme)]
    public void Server_SignsWithNothingWeak(string? schemes)
    {
        using var client = new Tls12HostileClient();
        HelloParts hello = Tls12HostileClient.Hello().Without(13);
        if (schemes is not null)
            hello.With(13, Convert.FromHexString(schemes));
        client.SendHello(hello);
        client.AssertRefused(TlsErrorCause.NoCommonSignatureScheme, isProtected: false);
    }

    [Fact]
    [Refuses(TlsErrorCause.VectorLengthOutOfRange)]
    [Refuses(TlsErrorCause.NoCommonGroup)]
    [Refuses(TlsErrorCause.IllegalValue)]
    [Refuses(TlsErrorCause.IllegalCompression)]
    [Refuses(TlsErrorCause.NoCommonApplicationProtocol)]
    [Refuses(TlsErrorCause.UnrecognizedName)]
    public void ClientHello_IsRefusedWithWrongValues()
    {
        AssertHelloRefused(TlsErrorCause.VectorLengthOutOfRange, hello => hello.With(13, 0, 0));
        AssertHelloRefused(TlsErrorCause.VectorLengthOutOfRange, hello => hello.With(13, 0, 3, 4, 3, 4));
        AssertHelloRefused(TlsErrorCause.NoCommonGroup, hello => hello.With(10, 0, 4, 0, 0x19, 0, 0x13));
        AssertHelloRefused(TlsErrorCause.IllegalValue, hello => hello.With(11, 1, 1));
        AssertHelloRefused(TlsErrorCause.IllegalCompression, hello => hello.Compression = [1]);
        AssertHelloRefused(TlsErrorCause.NoCommonApplicationProtocol, hello => hello.With(16, 0, 3, 2, 1, 1));
        using var unnamed = new Tls12HostileClient(Tls12Engines.Server([], protocols: Engines.Protocols("h2")));
        unnamed.SendHello(Tls12HostileClient.Hello());
        unnamed.AssertRefused(TlsErrorCause.UnrecognizedName, isProtected: false);

        static void AssertHelloRefused(TlsErrorCause cause, Action<HelloParts> change)
        {
            using var client = new Tls12HostileClient(Tls12Engines.Server(protocols: Engines.Protocols("h2")));
            HelloParts hello = Tls12HostileClient.Hello();
            change(hello);
            client.SendHello(hello);
            client.AssertRefused(cause, isProtected: false);
        }
    }

    /// <summary>
    /// RFC 6066 section 3: a server that does not know the name may say so and go on. CVE-2016-8610: warnings without
    /// end kept a server busy.
    /// </summary>
    [Fact]
    [Refuses(TlsErrorCause.TooManyAlerts)]
    [Refuses(TlsErrorCause.PeerAlert)]
    public void Warnings_AreHeardAndCounted()
    {
        using (var server = new Tls12HostileServer())
        {
            server.Plain(ContentType.Alert, 1, 112);
            server.Connect();
            server.Protected(ContentType.Alert, [1, 100]);
            server.AssertNotRefused();
            for (int i = 0; i < TlsLimits.WarningAlerts - 1; i++)
                server.Protected(ContentType.Alert, [1, 112]);
            server.AssertRefused(TlsErrorCause.TooManyAlerts, isProtected: true);
        }

        using (var fatal = new Tls12HostileServer())
        {
            fatal.Plain(ContentType.Alert, 2, 112);
            fatal.AssertRefused(TlsErrorCause.PeerAlert);
        }

        // TLS 1.3 knows no warnings.
        using var newer = new HostileServer(Tls12Engines.Client());
        newer.SendHello(newer.Hello());
        newer.Protected(ContentType.Alert, [1, 112]);
        newer.AssertRefused(TlsErrorCause.PeerAlert);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [Refuses(TlsErrorCause.BadFinished)]
    [Refuses(TlsErrorCause.TruncatedMessage)]
    [Refuses(TlsErrorCause.TrailingBytes)]
    public void Finished_HasToBeRight(bool isServer)
    {
        (Func<byte[], byte[]> Change, TlsErrorCause Cause)[] cases =
        [
            (Octets.Flip, TlsErrorCause.BadFinished),
            (message => Octets.Message(20, message[4..^1]), TlsErrorCause.TruncatedMessage),
            (message => Octets.Message(20, [.. message[4..], 0]), TlsErrorCause.TrailingBytes),
        ];
        foreach ((Func<byte[], byte[]> change, TlsErrorCause cause) in cases)
        {
            if (isServer)
            {
                using var client = new Tls12HostileClient();
                client.SendHello(Tls12HostileClient.Hello());
                client.Handshake(client.ClientKeyExchange());
                client.ChangeCipherSpec();
                client.Handshake(change(client.Finished()));
                client.AssertRefused(cause, isProtected: false);
            }
            else
            {
                using var server = new Tls12HostileServer();
                server.SendHello(server.Hello());
                server.SendFlight();
                server.ChangeCipherSpec();
                server.Handshake(change(server.Finished()));
                server.AssertRefused(cause, isProtected: true);
            }
        }
    }
}
