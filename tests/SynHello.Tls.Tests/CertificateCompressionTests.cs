using System.Security.Cryptography;

using SynHello.Crypto;
using SynHello.Testing;
using SynHello.Wire;

namespace SynHello.Tls.Tests;

/// <summary>Compressed certificate chains (RFC 8879).</summary>
public sealed class CertificateCompressionTests
{
    private static readonly CertificateCompressionAlgorithm _brotli = CertificateCompressionAlgorithm.Brotli;
    private static readonly CertificateCompressionAlgorithm _zlib = CertificateCompressionAlgorithm.Zlib;

    public static TheoryData<int, int, int> Offers => new()
    {
        { 0, 0, 2 }, { 1, 0, 1 }, { 2, 0, 2 }, { 0, 1, 1 }, { 0, 2, 2 }, { 1, 2, 0 }, { 3, 0, 0 }, { 0, 3, 0 },
    };

    /// <summary>0 stands for both, 3 for none.</summary>
    [Theory]
    [MemberData(nameof(Offers))]
    public void Chain_IsCompressedAsBothSidesCan(int client, int server, int expected)
    {
        using EnginePair pair = Engines.Connected(Client(List(client)), Server(List(server)));
        Assert.Equal(
            expected == 0 ? null : new CertificateCompressionAlgorithm((ushort)expected),
            pair.Client.Engine.Negotiated.CertificateCompression);
        Assert.Equal(
            Engines.Credential().CertificateChain.Select(der => der.ToArray()),
            pair.Client.Engine.Negotiated.PeerCertificates.Select(der => der.ToArray()));
        Engines.AssertTalks(pair);
    }

    [Fact]
    public void CompressedFlight_IsShorter()
    {
        using EnginePair plain = Engines.Connected(Client([]), Server([]));
        foreach (CertificateCompressionAlgorithm algorithm in new[] { _brotli, _zlib })
        {
            using EnginePair compressed = Engines.Connected(Client([algorithm]), Server([algorithm]));
            Assert.InRange(plain.Server.Sent.Length - compressed.Server.Sent.Length, 100, 600);
        }
    }

    /// <summary>Random bytes do not get shorter: what would save nothing is sent as it is.</summary>
    [Fact]
    public void Chain_ThatDoesNotGetShorter_IsSentAsItIs()
    {
        var credential = new RecordedCredential(
            [Engines.Credential().CertificateChain[0], RandomNumberGenerator.GetBytes(5000)],
            SignatureScheme.EcdsaSecp256r1Sha256,
            new byte[] { 1 });
        using var pair = new EnginePair(
            Client(List(0)), new TlsServerConfiguration(DefaultCryptoProvider.Instance, [credential]));
        pair.Handshake();
        Assert.Null(pair.Client.Engine.Negotiated.CertificateCompression);
        Assert.Equal(2, pair.Client.Engine.Negotiated.PeerCertificates.Count);
    }

    [Fact]
    public void Compression_IsDoneOncePerCredential()
    {
        var provider = new CountingProvider();
        var server = new TlsServerConfiguration(provider, [TestCertificates.Shared(CertificateKind.EcdsaP384).ToCredential()]);
        for (int i = 0; i < 5; i++)
            Engines.Connected(Client([_brotli]), server).Dispose();
        Assert.Equal(1, provider.Compressions);
        Engines.Connected(Client([_zlib]), server).Dispose();
        Assert.Equal(2, provider.Compressions);
    }

    [Fact]
    public void CompressedCertificate_IsTakenFromAServerThatBehaves()
    {
        foreach (CertificateCompressionAlgorithm algorithm in new[] { _brotli, _zlib })
        {
            using var server = new HostileServer(Client(List(0)));
            byte[] body = CertificateBody(server);
            Send(server, algorithm.Value, body.Length, DefaultCryptoProvider.Instance.CompressCertificate(algorithm, body));
            server.AssertNotRefused();
            Assert.Equal(algorithm, server.Victim.Engine.Negotiated.CertificateCompression);
        }
    }

    /// <summary>RFC 8879 section 4: bad_certificate, for a wrong length as for bytes that mean nothing.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [Refuses(TlsErrorCause.BadCertificateCompression)]
    public void Lies_AreRefused(int algorithm)
    {
        byte[] Compress(byte[] bytes) =>
            DefaultCryptoProvider.Instance.CompressCertificate(new CertificateCompressionAlgorithm((ushort)algorithm), bytes);

        AssertRefused(body => (body.Length - 1, Compress(body))); // longer than declared
        AssertRefused(body => (body.Length + 1, Compress(body)));
        AssertRefused(body => (0, Compress(body)));
        AssertRefused(body => (body.Length, Compress(body)[..^1]));
        AssertRefused(body => (body.Length, Compress(body)[..^9]));
        AssertRefused(body => (body.Length, [.. Compress(body), 0]));
        AssertRefused(body => (body.Length, new byte[40]));
        AssertRefused(body => (body.Length, body)); // not compressed at all
        AssertRefused(_ => (1000, Compress(new byte[8 * 1024 * 1024]))); // a bomb, which is not blown up
        AssertRefused(_ => (0xffffff, Compress(new byte[8 * 1024 * 1024]))); // and one that says so
        AssertRefused(_ => (70_000, Compress(new byte[70_000])));

        void AssertRefused(Func<byte[], (int Declared, byte[] Compressed)> make)
        {
            using var server = new HostileServer(Client(List(0)));
            (int declared, byte[] compressed) = make(CertificateBody(server));
            long before = GC.GetAllocatedBytesForCurrentThread();
            Send(server, algorithm, declared, compressed);
            Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 2_000_000 + (8 * compressed.Length));
            server.AssertRefused(TlsErrorCause.BadCertificateCompression);
        }
    }

    /// <summary>RFC 1950 section 2.2: a stream may name a dictionary that it was made with. None was agreed on.</summary>
    [Fact]
    [Refuses(TlsErrorCause.BadCertificateCompression)]
    public void ZlibStreamThatNeedsADictionary_IsRefused()
    {
        using var server = new HostileServer(Client(List(0)));
        int declared = CertificateBody(server).Length;
        Send(server, _zlib.Value, declared, [0x78, 0xbb, 0, 0, 0, 1, 3, 0, 0, 0, 0, 1]);
        server.AssertRefused(TlsErrorCause.BadCertificateCompression);
    }

    [Fact]
    [Refuses(TlsErrorCause.IllegalValue)]
    [Refuses(TlsErrorCause.UnexpectedMessage)]
    [Refuses(TlsErrorCause.TruncatedMessage)]
    [Refuses(TlsErrorCause.TrailingBytes)]
    public void CompressedCertificate_IsRefusedWhereItWasNotAskedFor()
    {
        using (var server = new HostileServer(Client([])))
        {
            byte[] body = CertificateBody(server);
            Send(server, 2, body.Length, DefaultCryptoProvider.Instance.CompressCertificate(_brotli, body));
            server.AssertRefused(TlsErrorCause.UnexpectedMessage);
        }

        using (var server = new HostileServer(Client([_zlib])))
        {
            byte[] body = CertificateBody(server);
            Send(server, 2, body.Length, DefaultCryptoProvider.Instance.CompressCertificate(_brotli, body));
            server.AssertRefused(TlsErrorCause.IllegalValue);
        }

        // What comes out is as hostile as what came in.
        using (var server = new HostileServer(Client([_brotli])))
        {
            byte[] body = [.. CertificateBody(server), 0];
            Send(server, 2, body.Length, DefaultCryptoProvider.Instance.CompressCertificate(_brotli, body));
            server.AssertRefused(TlsErrorCause.TrailingBytes);
        }

        using (var server = new HostileServer(Client([_brotli])))
        {
            CertificateBody(server);
            server.Handshake(server.Message(25, [0, 2, 0, 0, 9, 0, 0, 9, 1]));
            server.AssertRefused(TlsErrorCause.TruncatedMessage);
        }
    }

    private static TlsClientConfiguration Client(CertificateCompressionAlgorithm[] algorithms) =>
        new(DefaultCryptoProvider.Instance) { CertificateCompressionAlgorithms = algorithms };

    private static TlsServerConfiguration Server(CertificateCompressionAlgorithm[] algorithms) =>
        new(DefaultCryptoProvider.Instance, [Engines.Credential()]) { CertificateCompressionAlgorithms = algorithms };

    private static CertificateCompressionAlgorithm[] List(int choice) => choice switch
    {
        0 => [_brotli, _zlib],
        1 => [_zlib],
        2 => [_brotli],
        _ => [],
    };

    /// <summary>Sends what comes before the certificate, and gives the body that a Certificate message would have.</summary>
    private static byte[] CertificateBody(HostileServer server)
    {
        server.SendHello(server.Hello());
        server.Handshake(server.EncryptedExtensions());
        using var writer = new TlsWriter();
        Certificate.Write(writer, [], server.Credential.CertificateChain);
        return writer.Written[4..].ToArray();
    }

    private static void Send(HostileServer server, int algorithm, int declared, byte[] compressed) =>
        server.Handshake(server.Message(25,
        [
            .. Octets.Two((ushort)algorithm),
            (byte)(declared >> 16), (byte)(declared >> 8), (byte)declared,
            .. Octets.Vector24(compressed),
        ]));

    private sealed class CountingProvider : DefaultCryptoProvider
    {
        public int Compressions { get; private set; }

        public override byte[] CompressCertificate(CertificateCompressionAlgorithm algorithm, ReadOnlySpan<byte> message)
        {
            Compressions++;
            return base.CompressCertificate(algorithm, message);
        }
    }
}
