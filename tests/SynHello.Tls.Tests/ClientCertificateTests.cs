using SynHello.Crypto;
using SynHello.Testing;
using SynHello.Wire;

namespace SynHello.Tls.Tests;

/// <summary>Clients that are asked who they are (RFC 8446 sections 4.3.2, 4.4.2, 4.4.3).</summary>
public sealed class ClientCertificateTests
{
    private readonly ResumptionSetup _setup = new();

    [Theory]
    [InlineData(CertificateKind.EcdsaP256)]
    [InlineData(CertificateKind.EcdsaP384)]
    [InlineData(CertificateKind.Rsa2048)]
    public void Client_ShowsItsCertificate(CertificateKind kind)
    {
        TlsCredential shown = Engines.Credential(kind);
        foreach (TlsClientCertificateMode mode in new[] { TlsClientCertificateMode.Requested, TlsClientCertificateMode.Required })
        {
            using EnginePair pair = Engines.Connected(Client(shown), Server(mode));
            Assert.True(pair.Client.Engine.Negotiated.ClientCertificateRequested);
            Assert.Same(shown, pair.Client.Engine.Negotiated.LocalCredential);
            Assert.Equal(
                shown.CertificateChain.Select(der => der.ToArray()),
                pair.Server.Engine.Negotiated.PeerCertificates.Select(der => der.ToArray()));
            Assert.Contains(TlsEvent.NeedCertificateVerdict, pair.Server.Events);
            Engines.AssertTalks(pair);
        }
    }

    [Fact]
    public void Client_IsNotAskedByDefault()
    {
        using EnginePair pair = Engines.Connected(Client(Engines.Credential()), Server(TlsClientCertificateMode.None));
        Assert.False(pair.Client.Engine.Negotiated.ClientCertificateRequested);
        Assert.Null(pair.Client.Engine.Negotiated.LocalCredential);
        Assert.Empty(pair.Server.Engine.Negotiated.PeerCertificates);
        Assert.DoesNotContain(TlsEvent.NeedCertificateVerdict, pair.Server.Events);
    }

    [Fact]
    [Refuses(TlsErrorCause.ClientCertificateRequired)]
    public void Client_WithoutOne_IsTakenOrNot()
    {
        using (EnginePair taken = Engines.Connected(Client(), Server(TlsClientCertificateMode.Requested)))
        {
            Assert.Empty(taken.Server.Engine.Negotiated.PeerCertificates);
            Assert.DoesNotContain(TlsEvent.NeedCertificateVerdict, taken.Server.Events);
            Engines.AssertTalks(taken);
        }

        using var refused = new EnginePair(Client(), Server(TlsClientCertificateMode.Required));
        refused.Handshake();
        Assert.Equal(TlsErrorCause.ClientCertificateRequired, refused.Server.Failure?.Cause);
        Assert.Equal(AlertDescription.CertificateRequired, refused.Client.Failure?.PeerAlert);
    }

    [Fact]
    public void Client_ThatIsRefused_IsTold()
    {
        using var pair = new EnginePair(Client(Engines.Credential()), Server(TlsClientCertificateMode.Requested));
        pair.Server.Verdict = new TlsProtocolException(TlsErrorCause.UnknownCertificateAuthority);
        pair.Handshake();
        Assert.Equal(AlertDescription.UnknownCa, pair.Client.Failure?.PeerAlert);
        Assert.False(pair.Server.Engine.IsHandshakeComplete);
    }

    [Fact]
    public void Client_ChoosesByAuthorityAndScheme()
    {
        var first = new IssuedCredential(Engines.Credential(CertificateKind.EcdsaP256), [1, 1]);
        var second = new IssuedCredential(Engines.Credential(CertificateKind.Rsa2048), [2, 2], [3, 3]);
        AssertShown(first, authorities: []);
        AssertShown(first, authorities: [[1, 1]]);
        AssertShown(second, authorities: [[9, 9], [3, 3]]);
        AssertShown(null, authorities: [[9, 9]]);
        AssertShown(second, authorities: [], SignatureScheme.RsaPssRsaeSha384);
        AssertShown(null, authorities: [[1, 1]], SignatureScheme.RsaPssRsaeSha384);

        void AssertShown(TlsCredential? expected, byte[][] authorities, params SignatureScheme[] schemes)
        {
            using EnginePair pair = Engines.Connected(
                Client(first, second),
                new TlsServerConfiguration(DefaultCryptoProvider.Instance, [Engines.Credential()])
                {
                    ClientCertificateMode = TlsClientCertificateMode.Requested,
                    ClientCertificateAuthorities = [.. authorities.Select(name => (ReadOnlyMemory<byte>)name)],
                    SignatureSchemes = schemes.Length > 0 ? schemes : DefaultCryptoProvider.Instance.SignatureSchemes,
                });
            Assert.Same(expected, pair.Client.Engine.Negotiated.LocalCredential);
        }
    }

    [Fact]
    public void Compression_GoesBothWays()
    {
        TlsCredential shown = Engines.Credential(CertificateKind.Rsa2048);
        using EnginePair pair = Engines.Connected(Client(shown), Server(TlsClientCertificateMode.Required));
        Assert.Equal(CertificateCompressionAlgorithm.Brotli, pair.Server.Engine.Negotiated.CertificateCompression);
        Assert.Equal(2, pair.Server.Engine.Negotiated.PeerCertificates.Count);
    }

    [Fact]
    public void HelloRetryRequest_AndAClientCertificate()
    {
        using EnginePair pair = Engines.Connected(
            Client(Engines.Credential()),
            new TlsServerConfiguration(DefaultCryptoProvider.Instance, [Engines.Credential()])
            {
                Groups = [NamedGroup.Secp384r1],
                ClientCertificateMode = TlsClientCertificateMode.Required,
            });
        Assert.True(pair.Server.Engine.Negotiated.HelloRetryRequested);
        Assert.NotEmpty(pair.Server.Engine.Negotiated.PeerCertificates);
        Engines.AssertTalks(pair);
    }

    /// <summary>The client comes back as who it is, with early data too, until the verdict on it ends.</summary>
    [Fact]
    public void Resumption_CarriesTheIdentity()
    {
        TlsServerConfiguration server = ResumingServer(TlsClientCertificateMode.Required);
        TlsSession session = Visit(server, _setup.Clock.GetUtcNow().AddHours(1));
        byte[] identity = Engines.Credential().CertificateChain[0].ToArray();
        using (EnginePair pair = _setup.Pair(server: server))
        {
            pair.Handshake(new TlsClientStart { Session = session, EarlyData = new byte[] { 1, 2 } });
            ResumptionTests.AssertResumed(pair);
            Assert.Equal(EarlyDataStatus.Accepted, pair.ServerEngine.Negotiated.EarlyData);
            Assert.Equal([identity], pair.ServerEngine.Negotiated.PeerCertificates.Select(der => der.ToArray()));

            // And a session of that one, until the same end.
            TlsSession next = pair.ReadSessions()[0];
            _setup.Clock.Advance(TimeSpan.FromMinutes(59));
            AssertResumes(server, next, resumed: true);
            _setup.Clock.Advance(TimeSpan.FromMinutes(2));
            AssertResumes(server, next, resumed: false);
        }
    }

    [Theory]
    [InlineData(TlsClientCertificateMode.Required, TlsClientCertificateMode.None, false)]
    [InlineData(TlsClientCertificateMode.Required, TlsClientCertificateMode.Requested, true)]
    [InlineData(TlsClientCertificateMode.None, TlsClientCertificateMode.Required, false)]
    [InlineData(TlsClientCertificateMode.None, TlsClientCertificateMode.Requested, true)]
    public void Resumption_KeepsToWhatTheServerAsksFor(
        TlsClientCertificateMode before, TlsClientCertificateMode now, bool resumed) =>
        AssertResumes(ResumingServer(now), Visit(ResumingServer(before), null), resumed);

    [Fact]
    public void CertificateVerify_ProvesTheKey()
    {
        using var client = new HostileClient(Server(TlsClientCertificateMode.Required));
        client.SendHello(client.Hello());
        TlsCredential credential = Engines.Credential();
        client.Handshake(client.Certificate(credential), client.CertificateVerify(credential), client.Finished());
        client.AssertNotRefused();
        Assert.True(client.Victim.Engine.IsHandshakeComplete);
    }

    /// <summary>What other stacks let pass: no CertificateVerify, two, one of another key, scheme, side or transcript.</summary>
    [Fact]
    [Refuses(TlsErrorCause.UnexpectedMessage)]
    [Refuses(TlsErrorCause.BadSignature)]
    [Refuses(TlsErrorCause.SignatureSchemeNotOffered)]
    [Refuses(TlsErrorCause.BadFinished)]
    [Refuses(TlsErrorCause.ClientCertificateRequired)]
    [Refuses(TlsErrorCause.IllegalValue)]
    [Refuses(TlsErrorCause.MalformedCertificate)]
    public void CertificateVerify_IsNotDoneWithout()
    {
        TlsCredential credential = Engines.Credential();
        TlsCredential other = TestCertificates.Issue(CertificateKind.EcdsaP256, ["other.example"]).ToCredential();
        AssertRefused(TlsErrorCause.UnexpectedMessage, client => [client.Finished()]);
        AssertRefused(TlsErrorCause.UnexpectedMessage, client => [client.Certificate(credential), client.Finished()]);
        AssertRefused(TlsErrorCause.UnexpectedMessage, client => [client.CertificateVerify(credential), client.Finished()]);
        AssertRefused(TlsErrorCause.UnexpectedMessage, client => [client.Certificate(credential), client.Certificate(credential)]);
        AssertRefused(
            TlsErrorCause.UnexpectedMessage,
            client => [client.Certificate(credential), client.CertificateVerify(credential), client.CertificateVerify(credential)]);
        AssertRefused(TlsErrorCause.BadSignature, client => [client.Certificate(credential), client.CertificateVerify(other)]);
        AssertRefused(
            TlsErrorCause.BadSignature, client => [client.Certificate(credential), client.CertificateVerify(credential, asServer: true)]);
        AssertRefused(
            TlsErrorCause.SignatureSchemeNotOffered,
            client => [client.Certificate(credential), client.CertificateVerify(credential, SignatureScheme.RsaPssRsaeSha256)]);
        AssertRefused(
            TlsErrorCause.SignatureSchemeNotOffered,
            client => [client.Certificate(credential), client.CertificateVerify(credential, SignatureScheme.RsaPkcs1Sha256)]);
        AssertRefused(
            TlsErrorCause.BadFinished,
            client => [client.Certificate(credential), client.CertificateVerify(credential), Octets.Message(20, new byte[32])]);
        AssertRefused(TlsErrorCause.ClientCertificateRequired, client => [client.Certificate([])]);
        AssertRefused(TlsErrorCause.IllegalValue, client => [client.Message(11, [1, 7, 0, 0, 0])]);
        AssertRefused(TlsErrorCause.MalformedCertificate, client => [client.Certificate([new byte[] { 1, 2, 3 }])]);

        static void AssertRefused(TlsErrorCause cause, Func<HostileClient, byte[][]> flight)
        {
            using var client = new HostileClient(Server(TlsClientCertificateMode.Required));
            client.SendHello(client.Hello());
            client.Handshake(flight(client));
            client.AssertRefused(cause);
        }
    }

    /// <summary>Finished right behind EncryptedExtensions, without a session: nobody has shown who the server is.</summary>
    [Fact]
    [Refuses(TlsErrorCause.UnexpectedMessage)]
    [Refuses(TlsErrorCause.TruncatedMessage)]
    [Refuses(TlsErrorCause.VectorLengthOutOfRange)]
    public void Server_IsHeldToItsOrder()
    {
        using (var server = new HostileServer())
        {
            server.SendHello(server.Hello());
            server.Handshake(server.EncryptedExtensions(), server.Finished());
            server.AssertRefused(TlsErrorCause.UnexpectedMessage);
        }

        using (var server = new HostileServer())
        {
            server.SendHello(server.Hello());
            server.Handshake(server.EncryptedExtensions(), server.Request(), server.Request());
            server.AssertRefused(TlsErrorCause.UnexpectedMessage);
        }

        foreach ((string names, TlsErrorCause cause) in new[]
        {
            ("0004" + "0000" + "0001", TlsErrorCause.VectorLengthOutOfRange), // an empty name
            ("0004" + "0003" + "0001", TlsErrorCause.TruncatedMessage),
            ("0000", TlsErrorCause.VectorLengthOutOfRange),
        })
        {
            using var server = new HostileServer();
            server.SendHello(server.Hello());
            server.Handshake(server.EncryptedExtensions(), server.Message(
                13, [0, .. Octets.Extensions((13, [0, 2, 4, 3]), (47, Convert.FromHexString(names)))]));
            server.AssertRefused(cause);
        }
    }

    private static TlsClientConfiguration Client(params TlsCredential[] credentials) =>
        new(DefaultCryptoProvider.Instance) { Credentials = credentials };

    private static TlsServerConfiguration Server(TlsClientCertificateMode mode) =>
        new(DefaultCryptoProvider.Instance, [Engines.Credential()]) { ClientCertificateMode = mode };

    private TlsServerConfiguration ResumingServer(TlsClientCertificateMode mode) =>
        new(DefaultCryptoProvider.Instance, [Engines.Credential()])
        {
            ClientCertificateMode = mode,
            Resumption = _setup.Resumption(_setup.Protector, _setup.Clock, _setup.Scope),
        };

    private TlsSession Visit(TlsServerConfiguration server, DateTimeOffset? until)
    {
        using var pair = new EnginePair(
            new TlsClientConfiguration(DefaultCryptoProvider.Instance)
            {
                TimeProvider = _setup.Clock,
                Credentials = [Engines.Credential()],
            },
            server);
        pair.Server.VerifiedUntil = until;
        pair.Handshake();
        Engines.AssertConnected(pair);
        return pair.ReadSessions()[0];
    }

    private void AssertResumes(TlsServerConfiguration server, TlsSession session, bool resumed)
    {
        using EnginePair pair = _setup.Pair(
            new TlsClientConfiguration(DefaultCryptoProvider.Instance)
            {
                TimeProvider = _setup.Clock,
                Credentials = [Engines.Credential()],
            },
            server);
        pair.Handshake(new TlsClientStart { Session = session });
        Assert.True(pair.ClientEngine.IsSessionOffered);
        if (resumed)
            ResumptionTests.AssertResumed(pair);
        else
            ResumptionTests.AssertFull(pair);
    }

    private sealed class IssuedCredential(TlsCredential inner, params byte[][] issuers) : TlsCredential
    {
        public override IReadOnlyList<ReadOnlyMemory<byte>> IssuerNames { get; } =
            [.. issuers.Select(name => (ReadOnlyMemory<byte>)name)];

        public override IReadOnlyList<ReadOnlyMemory<byte>> CertificateChain => inner.CertificateChain;

        public override IReadOnlyList<SignatureScheme> SignatureSchemes => inner.SignatureSchemes;

        public override int MaximumSignatureLength => inner.MaximumSignatureLength;

        public override int Sign(SignatureScheme scheme, ReadOnlySpan<byte> message, Span<byte> signature) =>
            inner.Sign(scheme, message, signature);
    }
}
