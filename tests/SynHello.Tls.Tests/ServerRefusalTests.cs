using SynHello.Crypto;
using SynHello.Testing;
using SynHello.Wire;

namespace SynHello.Tls.Tests;

/// <summary>What a server does not take in a ClientHello and in the messages behind it.</summary>
public sealed class ServerRefusalTests
{
    [Fact]
    public void HostileClient_IsTakenWhileItBehaves()
    {
        using var client = new HostileClient();
        client.Connect();
        client.Protected(ContentType.ApplicationData, [1, 2, 3], padding: 50);
        client.KeyUpdate(request: true);
        client.Protected(ContentType.ApplicationData, [4]);
        client.AssertNotRefused();
        Assert.Equal([1, 2, 3, 4], client.Victim.Plaintext.ToArray());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(34)]
    [InlineData(60)]
    [InlineData(100)]
    [Refuses(TlsErrorCause.TruncatedMessage)]
    public void ClientHello_IsRefusedWhenTruncated(int length)
    {
        using var client = new HostileClient();
        client.Handshake(Octets.Message(1, client.Hello().ToMessage()[4..(4 + length)]));
        client.AssertRefused(TlsErrorCause.TruncatedMessage, isProtected: false);
        Assert.Equal("15030300020232", Convert.ToHexStringLower(client.Victim.Sent));
    }

    [Fact]
    [Refuses(TlsErrorCause.TrailingBytes)]
    public void ClientHello_IsRefusedWithTrailingBytes()
    {
        using var client = new HostileClient();
        HelloParts hello = client.Hello();
        hello.Trailing = [0];
        client.SendHello(hello);
        client.AssertRefused(TlsErrorCause.TrailingBytes, isProtected: false);
    }

    [Fact]
    [Refuses(TlsErrorCause.VectorLengthOutOfRange)]
    public void ClientHello_IsRefusedWithHalfACipherSuite()
    {
        using var client = new HostileClient();
        HelloParts hello = client.Hello();
        hello.CipherSuites = [0x13, 0x01, 0x13];
        client.SendHello(hello);
        client.AssertRefused(TlsErrorCause.VectorLengthOutOfRange, isProtected: false);
    }

    [Fact]
    [Refuses(TlsErrorCause.UnsupportedVersion)]
    public void ClientHello_IsRefusedWithoutTls13()
    {
        using var older = new HostileClient();
        older.SendHello(older.Hello().Without(43));
        older.AssertRefused(TlsErrorCause.UnsupportedVersion, isProtected: false);
        Assert.Equal("15030300020246", Convert.ToHexStringLower(older.Victim.Sent));

        using var draft = new HostileClient();
        draft.SendHello(draft.Hello().With(43, 4, 3, 3, 0x7f, 0x1c));
        draft.AssertRefused(TlsErrorCause.UnsupportedVersion, isProtected: false);
    }

    [Theory]
    [InlineData(new byte[] { 1 })]
    [InlineData(new byte[] { 0, 1 })]
    [InlineData(new byte[] { 1, 0 })]
    [Refuses(TlsErrorCause.IllegalCompression)]
    public void ClientHello_IsRefusedWithCompression(byte[] methods)
    {
        using var client = new HostileClient();
        HelloParts hello = client.Hello();
        hello.Compression = methods;
        client.SendHello(hello);
        client.AssertRefused(TlsErrorCause.IllegalCompression, isProtected: false);
    }

    [Theory]
    [InlineData(10)]
    [InlineData(13)]
    [InlineData(51)]
    [Refuses(TlsErrorCause.MissingExtension)]
    public void ClientHello_IsRefusedWithoutWhatItMustHold(int type)
    {
        using var client = new HostileClient();
        client.SendHello(client.Hello().Without(type));
        client.AssertRefused(TlsErrorCause.MissingExtension, isProtected: false);
    }

    [Fact]
    [Refuses(TlsErrorCause.MissingExtension)]
    public void ClientHello_IsRefusedWithPreSharedKeyAndNoModes()
    {
        using var client = new HostileClient();
        client.SendHello(client.Hello().With(41, PreSharedKey));
        client.AssertRefused(TlsErrorCause.MissingExtension, isProtected: false);

        using var whole = new HostileClient();
        whole.SendHello(whole.Hello().With(45, 1, 1).With(41, PreSharedKey));
        whole.AssertNotRefused(); // a ticket of somebody else's: a full handshake
    }

    [Fact]
    [Refuses(TlsErrorCause.DuplicateExtension)]
    public void ClientHello_IsRefusedWithAnExtensionTwice()
    {
        foreach (int type in new[] { 0x5a5a, 43, 0xffff })
        {
            using var client = new HostileClient();
            client.SendHello(client.Hello().With(type, 2, 3, 4).Also(type, 2, 3, 4));
            client.AssertRefused(TlsErrorCause.DuplicateExtension, isProtected: false);
        }
    }

    [Fact]
    [Refuses(TlsErrorCause.MisplacedExtension)]
    public void ClientHello_IsRefusedWithAnExtensionOfAnotherMessage()
    {
        using var client = new HostileClient();
        client.SendHello(client.Hello().With(48));
        client.AssertRefused(TlsErrorCause.MisplacedExtension, isProtected: false);
    }

    [Fact]
    [Refuses(TlsErrorCause.PreSharedKeyNotLast)]
    public void ClientHello_IsRefusedWithPreSharedKeyInTheMiddle()
    {
        using var client = new HostileClient();
        client.SendHello(client.Hello().With(45, 1, 1).With(41, PreSharedKey).With(0x5a5a));
        client.AssertRefused(TlsErrorCause.PreSharedKeyNotLast, isProtected: false);
    }

    [Theory]
    [InlineData(51, "00040018" + "0001" + "01")] // a share of a group that is not among the groups; made whole below
    [InlineData(28, "003f")] // a record_size_limit below 64
    [InlineData(0, "0006" + "00" + "0003" + "61ff62")] // a host name that is not ASCII
    [InlineData(0, "0005" + "01" + "0002" + "6162")] // a name that is no host name
    [InlineData(21, "000100")] // padding that is not zero
    [Refuses(TlsErrorCause.IllegalValue)]
    public void ClientHello_IsRefusedWithForbiddenValues(int type, string data)
    {
        using var client = new HostileClient();
        byte[] value = type == 51 ? HostileClient.Share(NamedGroup.Secp384r1, [1]) : Convert.FromHexString(data);
        client.SendHello(client.Hello().With(type, value));
        client.AssertRefused(TlsErrorCause.IllegalValue);
    }

    [Fact]
    [Refuses(TlsErrorCause.IllegalValue)]
    public void ClientHello_IsRefusedWithTwoSharesOfAGroup()
    {
        using var client = new HostileClient();
        byte[] share = HostileClient.Share(NamedGroup.X25519, client.KeyExchange.PublicKey)[2..];
        client.SendHello(client.Hello().With(51, Octets.Vector16([.. share, .. share])));
        client.AssertRefused(TlsErrorCause.IllegalValue, isProtected: false);
    }

    [Fact]
    [Refuses(TlsErrorCause.NoCommonCipherSuite)]
    public void ClientHello_IsRefusedWithoutACommonSuite()
    {
        using var client = new HostileClient();
        HelloParts hello = client.Hello();
        hello.CipherSuites = [0x13, 0x04, 0xc0, 0x2b, 0x7a, 0x7a];
        client.SendHello(hello);
        client.AssertRefused(TlsErrorCause.NoCommonCipherSuite, isProtected: false);
        Assert.Equal("15030300020228", Convert.ToHexStringLower(client.Victim.Sent));
    }

    [Fact]
    [Refuses(TlsErrorCause.NoCommonGroup)]
    public void ClientHello_IsRefusedWithoutACommonGroup()
    {
        using var client = new HostileClient();
        client.SendHello(client.Hello()
            .With(10, 0, 2, 0x7a, 0x7a)
            .With(51, HostileClient.Share(new NamedGroup(0x7a7a), [1])));
        client.AssertRefused(TlsErrorCause.NoCommonGroup, isProtected: false);
    }

    [Fact]
    [Refuses(TlsErrorCause.NoCommonSignatureScheme)]
    public void ClientHello_IsRefusedWithoutACommonSignatureScheme()
    {
        using var client = new HostileClient();
        client.SendHello(client.Hello().With(13, 0, 4, 4, 1, 8, 4)); // the certificate is ECDSA
        client.AssertRefused(TlsErrorCause.NoCommonSignatureScheme, isProtected: false);
    }

    [Fact]
    [Refuses(TlsErrorCause.NoCommonSignatureScheme)]
    public void Pkcs1_IsNotSignedWithForAnRsaCertificate()
    {
        using var client = new HostileClient(
            new TlsServerConfiguration(DefaultCryptoProvider.Instance, [Engines.Credential(CertificateKind.Rsa2048)]));
        client.SendHello(client.Hello().With(13, 0, 6, 4, 1, 5, 1, 6, 1));
        client.AssertRefused(TlsErrorCause.NoCommonSignatureScheme, isProtected: false);
    }

    [Fact]
    [Refuses(TlsErrorCause.NoCommonApplicationProtocol)]
    public void ClientHello_IsRefusedWithoutACommonApplicationProtocol()
    {
        using var client = new HostileClient(new TlsServerConfiguration(DefaultCryptoProvider.Instance,
            [Engines.Credential()])
        {
            ApplicationProtocols = Engines.Protocols("h2"),
        });
        client.SendHello(client.Hello().With(16, 0, 4, 3, (byte)'h', (byte)'2', (byte)'c'));
        client.AssertRefused(TlsErrorCause.NoCommonApplicationProtocol, isProtected: false);
        Assert.Equal("15030300020278", Convert.ToHexStringLower(client.Victim.Sent));
    }

    [Fact]
    [Refuses(TlsErrorCause.BadCookie)]
    public void FirstClientHello_IsRefusedWithACookie()
    {
        using var client = new HostileClient();
        client.SendHello(client.Hello().With(44, 0, 1, 9));
        client.AssertRefused(TlsErrorCause.BadCookie, isProtected: false);
    }

    [Theory]
    [InlineData(0x1d, 32, 0)] // x25519: all zero, which leads to an all-zero secret
    [InlineData(0x1d, 32, 1)] // a point of small order
    [InlineData(0x1d, 31, 9)]
    [InlineData(0x1d, 33, 9)]
    [InlineData(0x17, 65, 4)] // not on the curve
    [InlineData(0x17, 65, 2)] // not an uncompressed point
    [InlineData(0x17, 64, 4)]
    [InlineData(0x17, 1, 0)] // the point at infinity
    [InlineData(0x18, 97, 4)]
    [Refuses(TlsErrorCause.InvalidKeyShare)]
    public void KeyShare_IsRefusedWhenItIsNoPoint(int group, int length, int first)
    {
        using var client = new HostileClient();
        byte[] value = new byte[length];
        value[0] = (byte)first;
        client.SendHello(client.Hello()
            .With(10, 0, 6, 0, 0x1d, 0, 0x17, 0, 0x18)
            .With(51, HostileClient.Share(new NamedGroup((ushort)group), value)));
        client.AssertRefused(TlsErrorCause.InvalidKeyShare, isProtected: false);
    }

    [Fact]
    [Refuses(TlsErrorCause.UnexpectedMessage)]
    public void FirstMessage_HasToBeAClientHello()
    {
        foreach (int type in new[] { 0, 2, 4, 5, 8, 11, 13, 15, 20, 24, 254, 77 })
        {
            using var client = new HostileClient();
            client.Handshake(Octets.Message(type, new byte[32]));
            client.AssertRefused(TlsErrorCause.UnexpectedMessage, isProtected: false);
        }
    }

    [Fact]
    [Refuses(TlsErrorCause.UnexpectedMessage)]
    public void SecondFlight_HasToBeFinished()
    {
        foreach (int type in new[] { 1, 2, 4, 5, 8, 11, 13, 15, 24 })
        {
            using var client = new HostileClient();
            client.SendHello(client.Hello());
            client.Handshake(Octets.Message(type, new byte[32]));
            client.AssertRefused(TlsErrorCause.UnexpectedMessage, isProtected: true);
        }
    }

    [Fact]
    [Refuses(TlsErrorCause.UnexpectedMessage)]
    public void AfterTheHandshake_OnlyKeyUpdateMayCome()
    {
        foreach (int type in new[] { 0, 1, 2, 4, 5, 8, 11, 13, 15, 20, 254 })
        {
            using HostileClient client = new HostileClient().Connect();
            client.Handshake(Octets.Message(type, new byte[32]));
            client.AssertRefused(TlsErrorCause.UnexpectedMessage, isProtected: true);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(31)]
    [Refuses(TlsErrorCause.BadFinished)]
    public void Finished_IsRefusedWithABitFlipped(int octet)
    {
        using var client = new HostileClient();
        client.SendHello(client.Hello());
        byte[] finished = client.Finished();
        finished[4 + octet] ^= 0x80;
        client.Handshake(finished);
        client.AssertRefused(TlsErrorCause.BadFinished, isProtected: true);
        Assert.DoesNotContain(TlsEvent.HandshakeCompleted, client.Victim.Events);
    }

    [Fact]
    [Refuses(TlsErrorCause.TruncatedMessage)]
    [Refuses(TlsErrorCause.TrailingBytes)]
    public void Finished_IsRefusedWithAnotherLength()
    {
        foreach (int length in new[] { 0, 31, 33, 48 })
        {
            using var client = new HostileClient();
            client.SendHello(client.Hello());
            byte[] verifyData = [.. client.Finished()[4..], .. new byte[48]];
            client.Handshake(Octets.Message(20, verifyData[..length]));
            client.AssertRefused(
                length < 32 ? TlsErrorCause.TruncatedMessage : TlsErrorCause.TrailingBytes, isProtected: true);
        }
    }

    [Fact]
    [Refuses(TlsErrorCause.InternalError)]
    public void FailingKey_IsAnInternalError()
    {
        using var client = new HostileClient(
            new TlsServerConfiguration(DefaultCryptoProvider.Instance, [new FailingCredential(Engines.Credential())]));
        client.SendHello(client.Hello());
        client.AssertRefused(TlsErrorCause.InternalError, isProtected: true);
        Assert.DoesNotContain("42", client.Victim.Failure?.Message, StringComparison.Ordinal);
    }

    private static byte[] PreSharedKey =>
    [
        .. Octets.Vector16([.. Octets.Vector16(1, 2, 3), 0, 0, 0, 0]),
        .. Octets.Vector16([.. Octets.Vector8(new byte[32])]),
    ];
}
