using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

using SynHello.Crypto;
using SynHello.Testing;
using SynHello.Wire;

namespace SynHello.Tls.Tests;

/// <summary>What a client does not take in a server's flight and behind it.</summary>
public sealed class ClientRefusalTests
{
    [Fact]
    public void HostileServer_IsTakenWhileItBehaves()
    {
        using var server = new HostileServer();
        server.Connect();
        server.Protected(ContentType.ApplicationData, [1, 2, 3], padding: 9);
        server.Handshake(Ticket());
        server.KeyUpdate(request: true);
        server.Protected(ContentType.ApplicationData, [4]);
        server.AssertNotRefused();
        Assert.Equal([1, 2, 3, 4], server.Victim.Plaintext.ToArray());
    }

    [Fact]
    [Refuses(TlsErrorCause.UnexpectedMessage)]
    public void FirstMessage_HasToBeAServerHello()
    {
        foreach (int type in new[] { 0, 1, 4, 5, 8, 11, 13, 15, 20, 24, 254 })
        {
            using var server = new HostileServer();
            server.Handshake(Octets.Message(type, new byte[40]));
            server.AssertRefused(TlsErrorCause.UnexpectedMessage, isProtected: false);
        }
    }

    [Fact]
    [Refuses(TlsErrorCause.TruncatedMessage)]
    [Refuses(TlsErrorCause.TrailingBytes)]
    [Refuses(TlsErrorCause.UnsupportedVersion)]
    [Refuses(TlsErrorCause.IllegalValue)]
    [Refuses(TlsErrorCause.SessionIdMismatch)]
    [Refuses(TlsErrorCause.IllegalCompression)]
    [Refuses(TlsErrorCause.CipherSuiteNotOffered)]
    [Refuses(TlsErrorCause.MissingExtension)]
    [Refuses(TlsErrorCause.GroupNotOffered)]
    [Refuses(TlsErrorCause.DuplicateExtension)]
    [Refuses(TlsErrorCause.MisplacedExtension)]
    [Refuses(TlsErrorCause.UnsolicitedExtension)]
    public void ServerHello_IsRefusedWithWrongValues()
    {
        AssertHelloRefused(TlsErrorCause.TrailingBytes, hello => hello.Trailing = [0]);
        AssertHelloRefused(TlsErrorCause.TrailingBytes, hello => hello.With(43, 3, 4, 0));
        AssertHelloRefused(TlsErrorCause.TruncatedMessage, hello => hello.With(43, 3));
        AssertHelloRefused(TlsErrorCause.UnsupportedVersion, hello => hello.Without(43)); // TLS 1.2
        AssertHelloRefused(TlsErrorCause.UnsupportedVersion, hello =>
        {
            hello.Without(43);
            hello.LegacyVersion = [3, 1];
        });

        // RFC 8446 section 4.2.1: an older or unknown version there is an illegal_parameter.
        AssertHelloRefused(TlsErrorCause.IllegalValue, hello => hello.With(43, 3, 3));
        AssertHelloRefused(TlsErrorCause.IllegalValue, hello => hello.With(43, 0x7f, 0x1c));
        AssertHelloRefused(TlsErrorCause.IllegalValue, hello => hello.LegacyVersion = [3, 4]);
        AssertHelloRefused(TlsErrorCause.SessionIdMismatch, hello => hello.SessionId = []);
        AssertHelloRefused(TlsErrorCause.SessionIdMismatch, hello => hello.SessionId = Octets.Flip(hello.SessionId));
        AssertHelloRefused(TlsErrorCause.IllegalCompression, hello => hello.Compression = [1]);
        AssertHelloRefused(TlsErrorCause.CipherSuiteNotOffered, hello => hello.CipherSuites = [0x13, 4]);
        AssertHelloRefused(TlsErrorCause.CipherSuiteNotOffered, hello => hello.CipherSuites = [0xc0, 0x2b]);
        AssertHelloRefused(TlsErrorCause.MissingExtension, hello => hello.Without(51));
        AssertHelloRefused(
            TlsErrorCause.GroupNotOffered, hello => hello.With(51, [0, 0x17, .. Octets.Vector16([4,
                .. new byte[64]])]));
        AssertHelloRefused(TlsErrorCause.GroupNotOffered, hello => hello.With(51, [0x7a, 0x7a, .. Octets.Vector16(1)]));
        AssertHelloRefused(TlsErrorCause.DuplicateExtension, hello => hello.Also(43, 3, 4));
        AssertHelloRefused(TlsErrorCause.MisplacedExtension, hello => hello.With(44, 0, 1, 1));
        AssertHelloRefused(TlsErrorCause.MisplacedExtension, hello => hello.With(16, 0, 3, 2, 1, 1));
        AssertHelloRefused(TlsErrorCause.UnsolicitedExtension, hello => hello.With(41, 0, 0));
        AssertHelloRefused(TlsErrorCause.UnsolicitedExtension, hello => hello.With(0x5a5a, 0));
        AssertHelloRefused(TlsErrorCause.MisplacedExtension, hello => hello.With(0xff01, 0)); // of TLS 1.2
        AssertHelloRefused(TlsErrorCause.MisplacedExtension, hello => hello.With(23));
    }

    [Fact]
    [Refuses(TlsErrorCause.CipherSuiteNotOffered)]
    public void ServerHello_IsRefusedWithAKnownSuiteThatWasNotOffered()
    {
        using var server = new HostileServer(
            new TlsClientConfiguration(DefaultCryptoProvider.Instance)
            {
                CipherSuites = [CipherSuite.TlsAes256GcmSha384],
            });
        server.SendHello(server.Hello());
        server.AssertRefused(TlsErrorCause.CipherSuiteNotOffered, isProtected: false);
    }

    [Theory]
    [InlineData(0, 32, 0)]
    [InlineData(0, 31, 9)]
    [InlineData(1, 65, 4)]
    [InlineData(1, 65, 3)]
    [InlineData(2, 97, 4)]
    [InlineData(2, 48, 4)]
    [Refuses(TlsErrorCause.InvalidKeyShare)]
    public void ServerHello_IsRefusedWithAShareThatIsNoPoint(int groupIndex, int length, int first)
    {
        NamedGroup group = Engines.Groups[groupIndex];
        using var server =
            new HostileServer(new TlsClientConfiguration(DefaultCryptoProvider.Instance) { Groups = [group] });
        byte[] share = new byte[length];
        share[0] = (byte)first;
        server.SendHello(server.Hello().With(51, [.. Octets.Two(group.Value), .. Octets.Vector16(share)]));
        server.AssertRefused(TlsErrorCause.InvalidKeyShare, isProtected: false);
    }

    [Fact]
    [Refuses(TlsErrorCause.UnexpectedMessage)]
    public void EveryState_RefusesEveryOtherMessage()
    {
        int[] types = [0, 1, 2, 4, 5, 8, 11, 13, 15, 20, 24, 254];
        for (int state = 0; state < 5; state++)
        {
            int[] expected = state switch { 0 => [8], 1 => [11, 13], 2 => [15], 3 => [20], _ => [4, 24] };
            foreach (int type in types.Except(expected))
            {
                using var server = new HostileServer();
                server.SendHello(server.Hello());
                if (state > 0)
                    server.Handshake(server.EncryptedExtensions());
                if (state > 1)
                    server.Handshake(server.Certificate());
                if (state > 2)
                    server.Handshake(server.CertificateVerify());
                if (state > 3)
                {
                    byte[] finished = server.Finished();
                    server.PrepareApplication();
                    server.Handshake(finished);
                    server.EnterApplication();
                }

                server.AssertNotRefused();
                server.Handshake(Octets.Message(type, new byte[40]));
                server.AssertRefused(TlsErrorCause.UnexpectedMessage, isProtected: true);
            }
        }
    }

    [Fact]
    [Refuses(TlsErrorCause.UnexpectedMessage)]
    public void CertificateRequest_MayComeOnce()
    {
        using var server = new HostileServer();
        server.SendHello(server.Hello());
        server.Handshake(server.EncryptedExtensions(), Request(), Request());
        server.AssertRefused(TlsErrorCause.UnexpectedMessage, isProtected: true);
    }

    [Fact]
    [Refuses(TlsErrorCause.UnsolicitedExtension)]
    [Refuses(TlsErrorCause.MisplacedExtension)]
    [Refuses(TlsErrorCause.DuplicateExtension)]
    [Refuses(TlsErrorCause.TrailingBytes)]
    [Refuses(TlsErrorCause.ApplicationProtocolNotOffered)]
    [Refuses(TlsErrorCause.IllegalValue)]
    public void EncryptedExtensions_AreRefusedWithWhatWasNotAskedFor()
    {
        AssertRefused(TlsErrorCause.UnsolicitedExtension, (0x5a5a, []));
        AssertRefused(TlsErrorCause.UnsolicitedExtension, (1, [1]));
        AssertRefused(TlsErrorCause.UnsolicitedExtension, (42, []));
        AssertRefused(TlsErrorCause.MisplacedExtension, (51, []));
        AssertRefused(TlsErrorCause.MisplacedExtension, (13, [0, 2, 4, 3]));
        AssertRefused(TlsErrorCause.DuplicateExtension, (0, []), (0, []));
        AssertRefused(TlsErrorCause.TrailingBytes, (0, [0]));
        AssertRefused(TlsErrorCause.TrailingBytes, (16, [0, 6, 2, (byte)'h', (byte)'2', 2, (byte)'h', (byte)'3']));
        AssertRefused(TlsErrorCause.ApplicationProtocolNotOffered, (16, [0, 3, 2, (byte)'h', (byte)'3']));
        AssertRefused(TlsErrorCause.IllegalValue, (28, [0, 63]));

        static void AssertRefused(TlsErrorCause cause, params (int Type, byte[] Data)[] extensions)
        {
            using var server = new HostileServer(new TlsClientConfiguration(DefaultCryptoProvider.Instance)
            {
                ApplicationProtocols = Engines.Protocols("h2"),
                RecordSizeLimit = 1000,
            });
            server.SendHello(server.Hello());
            server.Handshake(server.EncryptedExtensions(extensions));
            server.AssertRefused(cause, isProtected: true);
        }
    }

    [Theory]
    [InlineData(16)]
    [InlineData(28)]
    [Refuses(TlsErrorCause.UnsolicitedExtension)]
    public void EncryptedExtensions_AreRefusedWithAnAnswerToNoQuestion(int type)
    {
        using var server = new HostileServer();
        server.SendHello(server.Hello());
        server.Handshake(server.EncryptedExtensions((type, [0, 64])));
        server.AssertRefused(TlsErrorCause.UnsolicitedExtension, isProtected: true);
    }

    [Fact]
    [Refuses(TlsErrorCause.NoCertificate)]
    [Refuses(TlsErrorCause.IllegalValue)]
    [Refuses(TlsErrorCause.MalformedCertificate)]
    [Refuses(TlsErrorCause.UnsupportedCertificateKey)]
    [Refuses(TlsErrorCause.VectorLengthOutOfRange)]
    [Refuses(TlsErrorCause.UnsolicitedExtension)]
    public void Certificate_IsRefusedWhenItCannotBeUsed()
    {
        byte[] der = TestCertificates.Shared(CertificateKind.EcdsaP256).Leaf.RawData;
        AssertCertificateRefused(TlsErrorCause.NoCertificate, server => server.Certificate([]));
        AssertCertificateRefused(TlsErrorCause.IllegalValue, server => server.Certificate([der], context: [1]));
        AssertCertificateRefused(TlsErrorCause.MalformedCertificate, server => server.Certificate([der[..^1]]));
        AssertCertificateRefused(TlsErrorCause.MalformedCertificate, server => server.Certificate([[1, 2, 3]]));
        AssertCertificateRefused(TlsErrorCause.VectorLengthOutOfRange, server => server.Certificate([[]]));
        AssertCertificateRefused(TlsErrorCause.VectorLengthOutOfRange, server => server.Certificate([der, []]));
        AssertCertificateRefused(
            TlsErrorCause.UnsolicitedExtension, server => server.Certificate([der], null, (5, [1, 0, 0, 1, 0])));

        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP521);
        using X509Certificate2 p521 = new System.Security.Cryptography.X509Certificates.CertificateRequest(
            "CN=example.com", key, HashAlgorithmName.SHA512).CreateSelfSigned(DateTimeOffset.UtcNow,
                DateTimeOffset.UtcNow.AddDays(1));
        AssertCertificateRefused(TlsErrorCause.UnsupportedCertificateKey, server => server.Certificate([p521.RawData]));
    }

    [Fact]
    [Refuses(TlsErrorCause.IllegalValue)]
    [Refuses(TlsErrorCause.MissingExtension)]
    [Refuses(TlsErrorCause.DuplicateExtension)]
    [Refuses(TlsErrorCause.MisplacedExtension)]
    [Refuses(TlsErrorCause.VectorLengthOutOfRange)]
    public void CertificateRequest_IsRefusedInAnotherForm()
    {
        (int, byte[]) schemes = (13, [0, 2, 4, 3]);
        AssertCertificateRefused(
            TlsErrorCause.IllegalValue, _ => Octets.Message(13, [1, 9, .. Octets.Extensions(schemes)]));
        AssertCertificateRefused(
            TlsErrorCause.MissingExtension, _ => Octets.Message(13, [0, .. Octets.Extensions((47, [0, 3, 0, 1, 65]))]));
        AssertCertificateRefused(
            TlsErrorCause.DuplicateExtension, _ => Octets.Message(13, [0, .. Octets.Extensions(schemes, schemes)]));
        AssertCertificateRefused(
            TlsErrorCause.MisplacedExtension, _ => Octets.Message(13, [0, .. Octets.Extensions(schemes, (51, []))]));
        AssertCertificateRefused(TlsErrorCause.VectorLengthOutOfRange, _ => Octets.Message(13, 0, 0, 0));
    }

    [Fact]
    [Refuses(TlsErrorCause.DuplicateExtension)]
    [Refuses(TlsErrorCause.MisplacedExtension)]
    [Refuses(TlsErrorCause.VectorLengthOutOfRange)]
    public void Ticket_IsRefusedInAnotherForm()
    {
        AssertRefused(TlsErrorCause.VectorLengthOutOfRange, Octets.Message(4, [.. new byte[9], 0, 0, 0, 0]));
        AssertRefused(TlsErrorCause.MisplacedExtension, Ticket(604_800, (51, [])));
        AssertRefused(TlsErrorCause.DuplicateExtension, Ticket(1, (42, [0, 0, 0, 1]), (42, [0, 0, 0, 1])));
        using HostileServer server = new HostileServer().Connect();
        server.Handshake(Ticket(604_800, (0x5a5a, [1]), (42, [0, 0, 0, 1])));
        server.Handshake(Ticket(lifetime: int.MaxValue)); // above seven days: the server's mistake, and nothing to hang up for
        server.AssertNotRefused();

        static void AssertRefused(TlsErrorCause cause, byte[] ticket)
        {
            using HostileServer server = new HostileServer().Connect();
            server.Handshake(ticket);
            server.AssertRefused(cause, isProtected: true);
        }
    }

    [Fact]
    [Refuses(TlsErrorCause.TooManyTickets)]
    public void Tickets_AreRefusedBeyondTheLimitWithoutDataBetweenThem()
    {
        using HostileServer server = new HostileServer().Connect();
        for (int round = 0; round < 3; round++)
        {
            for (int i = 0; i < TlsLimits.Tickets; i++)
                server.Handshake(Ticket());
            server.AssertNotRefused();
            server.Protected(ContentType.ApplicationData, [1]);
        }

        server.Handshake([.. Enumerable.Repeat(Ticket(), TlsLimits.Tickets)]);
        server.AssertNotRefused();
        server.Handshake(Ticket());
        server.AssertRefused(TlsErrorCause.TooManyTickets, isProtected: true);
    }

    private static void AssertHelloRefused(TlsErrorCause cause, Action<HelloParts> change)
    {
        using var server = new HostileServer();
        HelloParts hello = server.Hello();
        change(hello);
        server.SendHello(hello);
        server.AssertRefused(cause, isProtected: false);
    }

    private static void AssertCertificateRefused(TlsErrorCause cause, Func<HostileServer, byte[]> message)
    {
        using var server = new HostileServer();
        server.SendHello(server.Hello());
        server.Handshake(server.EncryptedExtensions());
        server.Handshake(message(server));
        server.AssertRefused(cause, isProtected: true);
    }

    private static byte[] Request() => Octets.Message(13, [0, .. Octets.Extensions((13, [0, 2, 4, 3]))]);

    private static byte[] Ticket(int lifetime = 7200, params (int Type, byte[] Data)[] extensions) => Octets.Message(4,
    [
        0, .. Octets.Three(lifetime), 1, 2, 3, 4, .. Octets.Vector8(1), .. Octets.Vector16(9, 9),
            .. Octets.Extensions(extensions),
    ]);
}
