using SynHello.Crypto;
using SynHello.Testing;
using SynHello.Wire;

namespace SynHello.Tls.Tests;

/// <summary>Clients that are asked who they are in TLS 1.2 (RFC 5246 sections 7.4.4, 7.4.6, 7.4.8), and keys that are elsewhere.</summary>
public sealed class Tls12ClientCertificateTests
{
    public static TheoryData<CertificateKind, int> Combinations
    {
        get
        {
            var data = new TheoryData<CertificateKind, int>();
            foreach (CertificateKind kind in Enum.GetValues<CertificateKind>())
            {
                // The suite's hash is one, the signature's may be another.
                data.Add(kind, CipherSuite.TlsEcdheEcdsaWithAes128GcmSha256.Value);
                data.Add(kind, CipherSuite.TlsEcdheEcdsaWithAes256GcmSha384.Value);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Combinations))]
    public void Client_ShowsItsCertificate(CertificateKind kind, int suite)
    {
        TlsCredential shown = Engines.Credential(kind);
        foreach (TlsClientCertificateMode mode in new[] { TlsClientCertificateMode.Requested, TlsClientCertificateMode.Required })
        {
            using EnginePair pair = Tls12Engines.Connected(
                Client([shown], new CipherSuite((ushort)suite)), Tls12Engines.Server(clientCertificates: mode));
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
    [Refuses(TlsErrorCause.ClientCertificateRequired)]
    public void Client_WithoutOne_IsTakenOrNot()
    {
        using (EnginePair taken = Tls12Engines.Connected(
                   server: Tls12Engines.Server(clientCertificates: TlsClientCertificateMode.Requested)))
        {
            Assert.Empty(taken.Server.Engine.Negotiated.PeerCertificates);
            Engines.AssertTalks(taken);
        }

        using var refused = new EnginePair(
            Tls12Engines.Client(), Tls12Engines.Server(clientCertificates: TlsClientCertificateMode.Required));
        refused.Handshake();
        Assert.Equal(TlsErrorCause.ClientCertificateRequired, refused.Server.Failure?.Cause);
        Assert.Equal(AlertDescription.HandshakeFailure, refused.Client.Failure?.PeerAlert); // there is no better one in TLS 1.2
    }

    [Fact]
    public void Client_ThatIsRefused_IsTold()
    {
        using var pair = new EnginePair(
            Client([Engines.Credential()]), Tls12Engines.Server(clientCertificates: TlsClientCertificateMode.Requested));
        pair.Server.Verdict = new TlsProtocolException(TlsErrorCause.UnknownCertificateAuthority);
        pair.Handshake();
        Assert.Equal(AlertDescription.UnknownCa, pair.Client.Failure?.PeerAlert);
        Assert.False(pair.Server.Engine.IsHandshakeComplete);
    }

    [Fact]
    public void Server_ThatIsRefused_IsTold()
    {
        using var pair = new EnginePair(Tls12Engines.Client(), Tls12Engines.Server());
        pair.Client.Verdict = new TlsProtocolException(TlsErrorCause.CertificateNameMismatch);
        pair.Handshake();
        Assert.Equal(AlertDescription.BadCertificate, pair.Server.Failure?.PeerAlert);
        Assert.False(pair.Client.Engine.MaySend); // nothing has left behind a chain that nobody trusts
        Assert.Single(RecordReader.Types(pair.Client.Sent), ContentType.Alert);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Certificates_AreAskedForOnBothSides(bool shows)
    {
        using var pair = new EnginePair(
            new TlsClientConfiguration(DefaultCryptoProvider.Instance)
            {
                Versions = Tls12Engines.Both,
                CredentialSelector = _ => null,
            },
            new TlsServerConfiguration(DefaultCryptoProvider.Instance, [])
            {
                Versions = Tls12Engines.Only,
                CredentialSelector = _ => null,
                ClientCertificateMode = TlsClientCertificateMode.Requested,
                ClientCertificateAuthorities = [Engines.Credential(CertificateKind.Rsa2048).IssuerNames[0]],
            });
        pair.Client.Credentials = shows ? [Engines.Credential(CertificateKind.Rsa2048)] : [];
        pair.Server.Credentials = [Engines.Credential(CertificateKind.EcdsaP384)];
        pair.Handshake();
        Engines.AssertConnected(pair);
        Assert.Contains(TlsEvent.NeedCredential, pair.Client.Events);
        Assert.Contains(TlsEvent.NeedCredential, pair.Server.Events);
        Assert.Equal(shows ? 2 : 0, pair.Server.Engine.Negotiated.PeerCertificates.Count);
        Engines.AssertTalks(pair);
    }

    [Fact]
    public void CredentialRequest_SaysWhatTheVersionIs()
    {
        var requests = new List<TlsCredentialRequest>();
        using EnginePair pair = Tls12Engines.Connected(server: new TlsServerConfiguration(DefaultCryptoProvider.Instance, [])
        {
            Versions = Tls12Engines.Only,
            CredentialSelector = request =>
            {
                requests.Add(request);
                return [Engines.Credential()];
            },
        });
        TlsCredentialRequest only = Assert.Single(requests);
        Assert.Equal(ProtocolVersion.Tls12, only.Version);
        Assert.Equal("example.com", only.ServerName);
        Assert.Contains(SignatureScheme.RsaPkcs1Sha256, only.SignatureSchemes);
        Assert.Same(Engines.Credential(CertificateKind.Rsa2048).GetType(), only.Choose([Engines.Credential()], out _)?.GetType());
    }

    [Theory]
    [InlineData(CertificateKind.EcdsaP256)]
    [InlineData(CertificateKind.Rsa2048)]
    public void Signature_IsMadeElsewhere(CertificateKind kind)
    {
        var remote = new RemoteTestCredential(Engines.Credential(kind));
        using var pair = new EnginePair(
            Client([remote]), Tls12Engines.Server([remote], clientCertificates: TlsClientCertificateMode.Required));
        pair.Server.AnswersVerdicts = false;
        pair.ClientEngine.Start(pair.Client.Output);
        pair.Server.Deliver(pair.Client.TakeOutput());
        Assert.Equal([TlsEvent.NeedSignature], pair.Server.Events);
        Assert.Equal(0, pair.Server.Sent.Length); // one flight, whoever signs
        TlsSignatureRequest request = pair.ServerEngine.SignatureRequest!;
        pair.ServerEngine.UseSignature(remote.SignRemotely(request), pair.Server.Output);
        pair.Server.AnswersVerdicts = true;
        pair.Client.Signs = remote.SignRemotely;
        pair.Pump();
        Engines.AssertConnected(pair);
        Assert.Contains(TlsEvent.NeedSignature, pair.Client.Events);
        Engines.AssertTalks(pair);
    }

    [Fact]
    [Refuses(TlsErrorCause.BadSignature)]
    public void ClientsSignature_HasToBeRight()
    {
        foreach (CertificateKind kind in Enum.GetValues<CertificateKind>())
        {
            using Tls12HostileClient client = Asked(kind, out TlsCredential credential);
            client.Handshake(Octets.Flip(client.CertificateVerify(credential, credential.Tls12SignatureSchemes[0])));
            client.AssertRefused(TlsErrorCause.BadSignature, isProtected: false);
        }
    }

    [Fact]
    [Refuses(TlsErrorCause.SignatureSchemeNotOffered)]
    public void ClientsSignature_HasToBeOfASchemeThatIsTaken()
    {
        // SHA-1, MD5, DSA, anonymous, RSA-PSS of another kind of key, and one of a key that it does not have.
        foreach (int scheme in new[] { 0x0201, 0x0101, 0x0402, 0x0400, 0x0809, 0x0403, 0xffff, 0 })
        {
            using Tls12HostileClient client = Asked(CertificateKind.Rsa2048, out TlsCredential credential);
            client.Handshake(client.CertificateVerify(
                credential, credential.Tls12SignatureSchemes[0], new SignatureScheme((ushort)scheme)));
            client.AssertRefused(TlsErrorCause.SignatureSchemeNotOffered, isProtected: false);
        }
    }

    private static Tls12HostileClient Asked(CertificateKind kind, out TlsCredential credential)
    {
        credential = Engines.Credential(kind);
        var client = new Tls12HostileClient(Tls12Engines.Server(clientCertificates: TlsClientCertificateMode.Required));
        client.SendHello(Tls12HostileClient.Hello());
        client.Handshake(client.Certificate(credential), client.ClientKeyExchange());
        client.AssertNotRefused();
        return client;
    }

    private static TlsClientConfiguration Client(TlsCredential[] credentials, CipherSuite? suite = null) =>
        new(DefaultCryptoProvider.Instance)
        {
            Versions = Tls12Engines.Both,
            Credentials = credentials,
            CipherSuites = suite is { } only ? [only] : DefaultCryptoProvider.Instance.CipherSuites,
        };
}
