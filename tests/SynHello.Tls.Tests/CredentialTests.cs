using SynHello.Crypto;
using SynHello.Testing;
using SynHello.Wire;

namespace SynHello.Tls.Tests;

/// <summary>Certificates that are chosen by host, and keys that are elsewhere.</summary>
public sealed class CredentialTests
{
    private static readonly TlsCredential _ecdsa = Engines.Credential();
    private static readonly TlsCredential _rsa = Engines.Credential(CertificateKind.Rsa2048);

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public void Server_ShowsWhatIsChosenForTheHost(bool later, bool retries)
    {
        TlsCredentialRequest? asked = null;
        var server = new TlsServerConfiguration(DefaultCryptoProvider.Instance, [_ecdsa])
        {
            Groups = retries ? [NamedGroup.Secp384r1] : [NamedGroup.X25519],
            ApplicationProtocols = Engines.Protocols("h2"),
            CredentialSelector = request =>
            {
                asked = request;
                return later ? null : [_rsa];
            },
        };
        var client = new TlsClientConfiguration(DefaultCryptoProvider.Instance) { ApplicationProtocols = Engines.Protocols("h2") };
        using var pair = new EnginePair(client, server, "b.example");
        pair.Server.Credentials = [_rsa];
        pair.Handshake();
        Engines.AssertConnected(pair);

        Assert.Same(_rsa, pair.Server.Engine.Negotiated.LocalCredential);
        Assert.Equal(_rsa.CertificateChain[0].ToArray(), pair.Client.Engine.Negotiated.PeerCertificates[0].ToArray());
        Assert.Equal(("b.example", "h2"), (asked?.ServerName, asked?.ApplicationProtocol.ToString()));
        Assert.Contains(SignatureScheme.EcdsaSecp256r1Sha256, asked!.SignatureSchemes);
        Assert.Equal(later, pair.Server.Events.Contains(TlsEvent.NeedCredential));
        Engines.AssertTalks(pair);
    }

    [Fact]
    public void Server_ShowsAnotherKeyToWhoCannotCheckTheFirst()
    {
        var server = new TlsServerConfiguration(DefaultCryptoProvider.Instance, [_ecdsa])
        {
            CredentialSelector = _ => [_ecdsa, _rsa],
        };
        using EnginePair both = Engines.Connected(Engines.Client(), server);
        Assert.Same(_ecdsa, both.Server.Engine.Negotiated.LocalCredential);
        using EnginePair rsaOnly = Engines.Connected(
            new TlsClientConfiguration(DefaultCryptoProvider.Instance) { SignatureSchemes = [SignatureScheme.RsaPssRsaeSha256] }, server);
        Assert.Same(_rsa, rsaOnly.Server.Engine.Negotiated.LocalCredential);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [Refuses(TlsErrorCause.UnrecognizedName)]
    public void Server_WithoutACertificateForTheHost_SaysSo(bool later)
    {
        using var pair = new EnginePair(
            Engines.Client(),
            new TlsServerConfiguration(DefaultCryptoProvider.Instance, [_ecdsa]) { CredentialSelector = _ => later ? null : [] });
        pair.Handshake();
        Assert.Equal(TlsErrorCause.UnrecognizedName, pair.Server.Failure?.Cause);
        pair.Client.Deliver(pair.Server.TakeOutput());
        Assert.Equal(AlertDescription.UnrecognizedName, pair.Client.Failure?.PeerAlert);
    }

    /// <summary>A session needs no certificate: nobody is asked.</summary>
    [Fact]
    public void Server_IsNotAskedForASession()
    {
        var setup = new ResumptionSetup();
        int asked = 0;
        var server = new TlsServerConfiguration(DefaultCryptoProvider.Instance, [_ecdsa])
        {
            Resumption = setup.Resumption(setup.Protector, setup.Clock, setup.Scope),
            CredentialSelector = _ =>
            {
                asked++;
                return [_ecdsa];
            },
        };
        TlsSession session = setup.Visit(server: server)[0];
        using EnginePair pair = setup.Pair(server: server);
        pair.Handshake(new TlsClientStart { Session = session });
        ResumptionTests.AssertResumed(pair);
        Assert.Equal(1, asked);
        Assert.Null(pair.ServerEngine.Negotiated.LocalCredential);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Client_IsAskedWhatToShow(bool shows)
    {
        using var pair = new EnginePair(
            new TlsClientConfiguration(DefaultCryptoProvider.Instance) { CredentialSelector = _ => null },
            new TlsServerConfiguration(DefaultCryptoProvider.Instance, [_ecdsa])
            {
                ClientCertificateMode = TlsClientCertificateMode.Requested,
                ClientCertificateAuthorities = [_rsa.IssuerNames[0]],
            });
        pair.Client.Credentials = shows ? [_rsa] : [];
        pair.Client.Signs = _ => throw new InvalidOperationException("The key is here.");
        pair.Handshake();
        Engines.AssertConnected(pair);
        Assert.Contains(TlsEvent.NeedCredential, pair.Client.Events);
        Assert.Equal(shows ? 2 : 0, pair.Server.Engine.Negotiated.PeerCertificates.Count);
        Engines.AssertTalks(pair);
    }

    /// <summary>One flight, whoever signs: nothing of it leaves before the signature is there.</summary>
    [Theory]
    [InlineData(CertificateKind.EcdsaP256)]
    [InlineData(CertificateKind.Rsa2048)]
    public void Signature_IsMadeElsewhere(CertificateKind kind)
    {
        var remote = new RemoteCredential(Engines.Credential(kind));
        var setup = new ResumptionSetup();
        using var pair = new EnginePair(
            new TlsClientConfiguration(DefaultCryptoProvider.Instance) { Credentials = [remote], TimeProvider = setup.Clock },
            new TlsServerConfiguration(DefaultCryptoProvider.Instance, [remote])
            {
                ClientCertificateMode = TlsClientCertificateMode.Required,
                Resumption = setup.Resumption(setup.Protector, setup.Clock, setup.Scope),
            });
        pair.Server.AnswersVerdicts = false;
        pair.ClientEngine.Start(pair.Client.Output);
        pair.Server.Deliver(pair.Client.TakeOutput());
        Assert.Equal([TlsEvent.NeedSignature], pair.Server.Events);
        TlsSignatureRequest request = pair.ServerEngine.SignatureRequest!;
        Assert.Same(remote, request.Credential);
        Assert.Throws<InvalidOperationException>(() => pair.ServerEngine.AcceptCertificate());
        Assert.Throws<InvalidOperationException>(() => pair.ServerEngine.UseCredentials([], pair.Server.Output));

        pair.ServerEngine.UseSignature(remote.SignRemotely(request), pair.Server.Output);
        Assert.Null(pair.ServerEngine.SignatureRequest);
        Assert.Throws<InvalidOperationException>(() => pair.ServerEngine.UseSignature([1], pair.Server.Output));
        pair.Server.AnswersVerdicts = true;
        pair.Client.Signs = remote.SignRemotely;
        pair.Pump();
        Engines.AssertConnected(pair);
        Assert.Contains(TlsEvent.NeedSignature, pair.Client.Events);
        Assert.Equal(2, pair.ReadSessions().Count);
        Engines.AssertTalks(pair);
    }

    [Fact]
    [Refuses(TlsErrorCause.BadSignature)]
    public void Signature_ThatIsWrong_IsFoundByThePeer()
    {
        var remote = new RemoteCredential(_ecdsa);
        using var pair = new EnginePair(Engines.Client(), new TlsServerConfiguration(DefaultCryptoProvider.Instance, [remote]));
        pair.Server.Signs = request => Octets.Flip(remote.SignRemotely(request));
        pair.Handshake();
        Assert.Equal(TlsErrorCause.BadSignature, pair.Client.Failure?.Cause);
    }

    private sealed class RemoteCredential(TlsCredential inner) : TlsCredential
    {
        public override bool SignsElsewhere => true;

        public override IReadOnlyList<ReadOnlyMemory<byte>> CertificateChain => inner.CertificateChain;

        public override IReadOnlyList<SignatureScheme> SignatureSchemes => inner.SignatureSchemes;

        public override int MaximumSignatureLength => inner.MaximumSignatureLength;

        public byte[] SignRemotely(TlsSignatureRequest request)
        {
            byte[] signature = new byte[inner.MaximumSignatureLength];
            return signature[..inner.Sign(request.Scheme, request.Content.Span, signature)];
        }

        public override int Sign(SignatureScheme scheme, ReadOnlySpan<byte> message, Span<byte> signature) =>
            throw new InvalidOperationException("The key is elsewhere.");
    }
}
