using SynHello.Wire;

namespace SynHello.Tls.Tests;

/// <summary>
/// TLS 1.2 flights that leave out the proof of the key, or move it, and are right in everything else: keys, Finished and what it covers.
/// In TLS 1.3 see <see cref="ConfusionTests"/>.
/// </summary>
public sealed class SkippedProofTests
{
    /// <summary>CVE-2020-24613: a client went on to the application with a server that had signed nothing.</summary>
    [Fact]
    [Refuses(TlsErrorCause.UnexpectedMessage)]
    public void ServerOfTls12_WithoutSignature_IsRefused()
    {
        AssertRefused(server => [server.Certificate(), server.HelloDone()]);
        AssertRefused(server => [server.ServerKeyExchange(), server.HelloDone()]);
        AssertRefused(server => [server.HelloDone()]);
        AssertRefused(server => [server.ServerKeyExchange(), server.Certificate(), server.HelloDone()]);

        static void AssertRefused(Func<Tls12HostileServer, byte[][]> flight)
        {
            using var server = new Tls12HostileServer();
            server.SendHello(server.Hello());
            server.Handshake(flight(server));
            server.AssertRefused(TlsErrorCause.UnexpectedMessage, isProtected: false);
            Assert.False(server.Victim.Engine.MaySend);
            Assert.DoesNotContain(TlsEvent.NeedCertificateVerdict, server.Victim.Events);
        }
    }

    /// <summary>
    /// CVE-2022-25640: a server that requires certificates took a client that left out certificate and signature; CVE-2026-2645: a server
    /// of TLS 1.2 took the signature in front of ClientKeyExchange.
    /// </summary>
    [Theory]
    [InlineData(TlsClientCertificateMode.Requested)]
    [InlineData(TlsClientCertificateMode.Required)]
    [Refuses(TlsErrorCause.UnexpectedMessage)]
    [Refuses(TlsErrorCause.UnexpectedChangeCipherSpec)]
    public void ClientOfTls12_WithoutSignature_IsRefused(TlsClientCertificateMode mode)
    {
        TlsCredential credential = Engines.Credential();
        AssertRefused(TlsErrorCause.UnexpectedMessage, client => client.Handshake(client.ClientKeyExchange()));
        AssertRefused(
            TlsErrorCause.UnexpectedChangeCipherSpec,
            client => client.Handshake(client.Certificate(credential), client.ClientKeyExchange()));
        AssertRefused(
            TlsErrorCause.UnexpectedMessage,
            client =>
            {
                byte[] certificate = client.Certificate(credential);
                byte[] proof = client.CertificateVerify(credential, SignatureScheme.EcdsaSecp256r1Sha256);
                client.Handshake(certificate, proof, client.ClientKeyExchange());
            });

        void AssertRefused(TlsErrorCause cause, Action<Tls12HostileClient> send)
        {
            using var client = new Tls12HostileClient(Tls12Engines.Server(clientCertificates: mode));
            client.SendHello(Tls12HostileClient.Hello());
            send(client);
            client.ChangeCipherSpec();
            if (client.Victim.Failure is null)
                client.Handshake(client.Finished());
            client.AssertRefused(cause, isProtected: false);
            Assert.False(client.Victim.Engine.IsHandshakeComplete);
        }
    }

    /// <summary>CVE-2022-25638: a signature said to be of another algorithm than the certificate's was not verified at all.</summary>
    [Theory]
    [InlineData(0x0603)] // another hash than was signed
    [InlineData(0x0804)] // RSA's
    [InlineData(0x0807)] // ed25519
    [InlineData(0x0203)] // ecdsa_sha1
    [InlineData(0x7a7a)]
    [InlineData(0)]
    [Refuses(TlsErrorCause.SignatureSchemeNotOffered)]
    [Refuses(TlsErrorCause.BadSignature)]
    public void SignatureOfTls12_ThatIsSaidToBeAnother_IsRefused(int said)
    {
        TlsCredential credential = Engines.Credential();
        using var client = new Tls12HostileClient(Tls12Engines.Server(clientCertificates: TlsClientCertificateMode.Required));
        client.SendHello(Tls12HostileClient.Hello());
        client.Handshake(client.Certificate(credential), client.ClientKeyExchange());
        client.Handshake(client.CertificateVerify(
            credential, SignatureScheme.EcdsaSecp256r1Sha256, new SignatureScheme((ushort)said)));
        client.AssertRefused(
            client.Victim.Failure?.Cause == TlsErrorCause.BadSignature && said == 0x0603
                ? TlsErrorCause.BadSignature
                : TlsErrorCause.SignatureSchemeNotOffered);

        using var server = new Tls12HostileServer();
        server.SendHello(server.Hello());
        server.Handshake(server.Certificate(), server.ServerKeyExchange(saidScheme: new SignatureScheme((ushort)said)));
        server.AssertRefused(
            server.Victim.Failure?.Cause == TlsErrorCause.BadSignature && said == 0x0603
                ? TlsErrorCause.BadSignature
                : TlsErrorCause.SignatureSchemeNotOffered);
    }
}
