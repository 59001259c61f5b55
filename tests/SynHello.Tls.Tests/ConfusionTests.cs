using SynHello.Crypto;
using SynHello.Testing;
using SynHello.Wire;

namespace SynHello.Tls.Tests;

/// <summary>
/// Handshakes in which all that is there is right (every Finished and every signature is made for the transcript as it is), and which
/// are still no proof of who is there: what other stacks have taken. See also <see cref="AuthenticationTests"/>,
/// <see cref="ClientCertificateTests"/> and <see cref="ResumptionRefusalTests"/>.
/// </summary>
public sealed class ConfusionTests
{
    private static readonly TlsCredential _credential = Engines.Credential();

    /// <summary>
    /// RFC 8446 section 4.4.3: CertificateVerify must be sent when a certificate is. CVE-2020-24613: a client took a
    /// server that left it out.
    /// </summary>
    [Fact]
    [Refuses(TlsErrorCause.UnexpectedMessage)]
    public void Server_WithoutCertificateVerify_IsRefused()
    {
        AssertServerRefused(TlsErrorCause.UnexpectedMessage, server => [server.Certificate(), server.Finished()]);
        AssertServerRefused(TlsErrorCause.UnexpectedMessage, server => [server.Request(), server.Certificate(), server.Finished()]);
        AssertServerRefused(TlsErrorCause.UnexpectedMessage, server => [server.Finished()]);
        AssertServerRefused(TlsErrorCause.UnexpectedMessage, server => [server.Request(), server.Finished()]);
        AssertServerRefused(TlsErrorCause.UnexpectedMessage, server => [server.CertificateVerify(), server.Finished()]);
        AssertServerRefused(
            TlsErrorCause.UnexpectedMessage, server => [server.CertificateVerify(), server.Certificate(), server.Finished()]);
    }

    [Fact]
    [Refuses(TlsErrorCause.UnexpectedMessage)]
    public void Server_WithMoreThanOneProof_IsRefused()
    {
        AssertServerRefused(
            TlsErrorCause.UnexpectedMessage,
            server => [server.Certificate(), server.CertificateVerify(), server.CertificateVerify(), server.Finished()]);

        // The key that signs and the chain that is judged would be two.
        AssertServerRefused(
            TlsErrorCause.UnexpectedMessage,
            server => [server.Certificate(), server.Certificate(), server.CertificateVerify(), server.Finished()]);
        AssertServerRefused(
            TlsErrorCause.UnexpectedMessage,
            server => [server.Certificate(), server.CertificateVerify(), server.Certificate(), server.CertificateVerify(), server.Finished()]);
        AssertServerRefused(
            TlsErrorCause.UnexpectedMessage,
            server => [server.Certificate(), server.Request(), server.CertificateVerify(), server.Finished()]);
    }

    /// <summary>A client's signature is no server's, though the transcript is the same.</summary>
    [Fact]
    [Refuses(TlsErrorCause.BadSignature)]
    public void Server_ThatSignsAsAClient_IsRefused() => AssertServerRefused(
        TlsErrorCause.BadSignature, server => [server.Certificate(), server.CertificateVerify(asClient: true), server.Finished()]);

    /// <summary>CVE-2022-25638: a signature of another algorithm than the certificate's was not verified.</summary>
    [Theory]
    [InlineData(CertificateKind.EcdsaP256, 0x0503)] // the other curve's
    [InlineData(CertificateKind.EcdsaP256, 0x0804)] // RSA's
    [InlineData(CertificateKind.EcdsaP256, 0x0807)] // ed25519
    [InlineData(CertificateKind.EcdsaP256, 0x0203)] // ecdsa_sha1
    [InlineData(CertificateKind.EcdsaP384, 0x0403)]
    [InlineData(CertificateKind.Rsa2048, 0x0401)] // PKCS #1 v1.5
    [InlineData(CertificateKind.Rsa2048, 0x0809)] // rsa_pss_pss for an rsaEncryption key
    [InlineData(CertificateKind.Rsa2048, 0x0403)]
    [InlineData(CertificateKind.Rsa2048, 0x7a7a)]
    [Refuses(TlsErrorCause.SignatureSchemeNotOffered)]
    public void Client_ThatSignsWithASchemeThatDoesNotFitItsKey_IsRefused(CertificateKind kind, int scheme)
    {
        var said = new SignatureScheme((ushort)scheme);
        TlsCredential credential = Engines.Credential(kind);
        foreach (SignatureScheme[] offered in new SignatureScheme[][]
        {
            [.. DefaultCryptoProvider.Instance.SignatureSchemes], [.. DefaultCryptoProvider.Instance.SignatureSchemes, said],
        })
        {
            using var client = new HostileClient(Asking(offered));
            client.SendHello(client.Hello());
            client.Handshake(client.Certificate(credential), client.CertificateVerify(credential, said));
            client.AssertRefused(TlsErrorCause.SignatureSchemeNotOffered, isProtected: true);
        }
    }

    /// <summary>
    /// RFC 8446 section 4.4.3: whoever shows a certificate proves it, where it was optional too. CVE-2022-25640: a
    /// server took a client that left out all of it.
    /// </summary>
    [Theory]
    [InlineData(TlsClientCertificateMode.Requested)]
    [InlineData(TlsClientCertificateMode.Required)]
    [Refuses(TlsErrorCause.UnexpectedMessage)]
    public void Client_WithoutCertificateVerify_IsRefused(TlsClientCertificateMode mode)
    {
        AssertClientRefused(mode, client => [client.Certificate(_credential), client.Finished()]);
        AssertClientRefused(mode, client => [client.Finished()]);
        AssertClientRefused(mode, client => [client.CertificateVerify(_credential), client.Certificate(_credential), client.Finished()]);
        AssertClientRefused(
            mode,
            client =>
            [
                client.Certificate(_credential), client.CertificateVerify(_credential), client.CertificateVerify(_credential),
                client.Finished(),
            ]);
        AssertClientRefused(
            mode,
            client =>
            [
                client.Certificate(_credential), client.CertificateVerify(_credential), client.Certificate(_credential),
                client.CertificateVerify(_credential), client.Finished(),
            ]);
    }

    [Fact]
    [Refuses(TlsErrorCause.UnexpectedMessage)]
    public void Client_WithoutCertificate_SignsNothing() => AssertClientRefused(
        TlsClientCertificateMode.Requested,
        client => [client.Certificate([]), client.CertificateVerify(_credential), client.Finished()]);

    /// <summary>Nobody is somebody because of what nobody asked for.</summary>
    [Fact]
    [Refuses(TlsErrorCause.UnexpectedMessage)]
    public void Client_ThatWasNotAsked_ShowsNothing()
    {
        AssertClientRefused(
            TlsClientCertificateMode.None,
            client => [client.Certificate(_credential), client.CertificateVerify(_credential), client.Finished()]);
        AssertClientRefused(TlsClientCertificateMode.None, client => [client.Certificate([]), client.Finished()]);
    }

    /// <summary>
    /// RFC 8446 section 4.6.2: without post_handshake_auth in the ClientHello a request after the handshake is an unexpected_message, a
    /// right one too; no certificate goes out.
    /// </summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [Refuses(TlsErrorCause.UnexpectedMessage)]
    public void Server_ThatAsksForACertificateAfterTheHandshake_IsRefused(bool hasContext)
    {
        using var server = new HostileServer(new TlsClientConfiguration(DefaultCryptoProvider.Instance)
        {
            Credentials = [_credential],
        });
        server.Connect();
        int messages = server.Messages.Count;
        Assert.DoesNotContain(ClientHelloTypes(server), type => type == 49); // post_handshake_auth

        byte[] context = hasContext ? [1, 42] : [0];
        server.Handshake(Octets.Message(13, [.. context, .. Octets.Extensions((13, [0, 2, 4, 3]))]));

        server.AssertRefused(TlsErrorCause.UnexpectedMessage, isProtected: true);
        Assert.Equal(messages, server.Messages.Count);
    }

    /// <summary>And a client that shows one unasked, after the handshake, is refused as well.</summary>
    [Fact]
    [Refuses(TlsErrorCause.UnexpectedMessage)]
    public void Client_ThatShowsACertificateAfterTheHandshake_IsRefused()
    {
        using HostileClient client = new HostileClient().Connect();
        client.Handshake(client.Certificate(_credential), client.CertificateVerify(_credential));
        client.AssertRefused(TlsErrorCause.UnexpectedMessage, isProtected: true);
        Assert.Empty(client.Victim.Engine.Negotiated.PeerCertificates);
    }

    /// <summary>A chain of 100, in either direction; 32 are the most that are taken.</summary>
    [Theory]
    [InlineData(TlsLimits.Certificates, true)]
    [InlineData(TlsLimits.Certificates + 1, false)]
    [InlineData(100, false)]
    [Refuses(TlsErrorCause.TooManyCertificates)]
    public void Chain_ThatIsTooLong_IsRefused(int length, bool isTaken)
    {
        byte[] leaf = _credential.CertificateChain[0].ToArray();
        byte[][] chain = [.. Enumerable.Repeat(leaf, length)];
        using var server = new HostileServer();
        server.SendHello(server.Hello());
        server.Handshake(server.EncryptedExtensions());
        Send(server, server.Certificate(chain));
        AssertTaken(server);

        using var client = new HostileClient(Asking([.. DefaultCryptoProvider.Instance.SignatureSchemes]));
        client.SendHello(client.Hello());
        Send(client, client.Certificate(chain));
        AssertTaken(client);

        static void Send(HostilePeer peer, byte[] message)
        {
            foreach (byte[] fragment in message.Chunk(16_000))
                peer.Protected(ContentType.Handshake, fragment);
        }

        void AssertTaken(HostilePeer peer)
        {
            if (isTaken)
                peer.AssertNotRefused();
            else
                peer.AssertRefused(TlsErrorCause.TooManyCertificates, isProtected: true);
        }
    }

    private static void AssertServerRefused(TlsErrorCause cause, Func<HostileServer, byte[][]> flight)
    {
        using var server = new HostileServer();
        server.SendHello(server.Hello());
        server.Handshake([server.EncryptedExtensions(), .. flight(server)]);
        server.AssertRefused(cause, isProtected: true);
        Assert.False(server.Victim.Engine.IsHandshakeComplete);
    }

    private static void AssertClientRefused(TlsClientCertificateMode mode, Func<HostileClient, byte[][]> flight)
    {
        using var client = new HostileClient(new TlsServerConfiguration(DefaultCryptoProvider.Instance, [Engines.Credential()])
        {
            ClientCertificateMode = mode,
        });
        client.SendHello(client.Hello());
        client.Handshake(flight(client));
        client.AssertRefused(TlsErrorCause.UnexpectedMessage, isProtected: true);
        Assert.False(client.Victim.Engine.IsHandshakeComplete);
    }

    private static TlsServerConfiguration Asking(SignatureScheme[] schemes) =>
        new(DefaultCryptoProvider.Instance, [Engines.Credential()])
        {
            ClientCertificateMode = TlsClientCertificateMode.Required,
            SignatureSchemes = schemes,
        };

    private static List<int> ClientHelloTypes(HostileServer server)
    {
        byte[] body = server.ClientHelloBody;
        List<int> types = [];
        int at = 34;
        at += 1 + body[at]; // legacy_session_id
        at += 2 + (body[at] << 8) + body[at + 1]; // cipher_suites
        at += 1 + body[at]; // legacy_compression_methods
        at += 2;
        while (at < body.Length)
        {
            types.Add((body[at] << 8) | body[at + 1]);
            at += 4 + (body[at + 2] << 8) + body[at + 3];
        }

        return types;
    }
}
