using SynHello.Crypto;
using SynHello.Testing;
using SynHello.Wire;

namespace SynHello.Tls.Tests;

/// <summary>
/// What a client does not take as proof of who the server is, and what it answers when it is asked itself.
/// </summary>
public sealed class AuthenticationTests
{
    [Fact]
    public void CertificateRequest_IsAnsweredWithAnEmptyCertificate()
    {
        using var server = new HostileServer();
        server.SendHello(server.Hello());
        byte[][] flight =
        [
            server.EncryptedExtensions(), server.Request(), server.Certificate(), server.CertificateVerify(),
                server.Finished(),
        ];
        server.PrepareApplication();
        server.Handshake(flight);
        server.AssertNotRefused();
        Assert.True(server.Victim.Engine.Negotiated.ClientCertificateRequested);
        Assert.Equal("0b00000400000000", Convert.ToHexStringLower(server.Messages[^2]));

        // The client's Finished covers its Certificate and comes under the handshake keys, in the same record.
        byte[] finished = server.Messages[^1];
        Assert.Equal(server.ExpectedClientFinished(server.Messages[^2]), finished);
        Assert.Equal([.. server.Messages[^2], .. finished], server.Received[^1].Content);
    }

    [Theory]
    [InlineData(CertificateKind.EcdsaP256)]
    [InlineData(CertificateKind.EcdsaP384)]
    [InlineData(CertificateKind.Rsa2048)]
    [Refuses(TlsErrorCause.BadSignature)]
    public void CertificateVerify_IsRefusedWithABitFlipped(CertificateKind kind)
    {
        using HostileServer flipped = AtCertificateVerify(kind);
        flipped.Handshake(Octets.Flip(flipped.CertificateVerify()));
        flipped.AssertRefused(TlsErrorCause.BadSignature, isProtected: true);
        Assert.Empty(flipped.Victim.Events);

        using HostileServer empty = AtCertificateVerify(kind);
        empty.Handshake(Octets.Message(15, [.. Octets.Two(empty.Credential.SignatureSchemes[0].Value), 0, 0]));
        empty.AssertRefused(TlsErrorCause.BadSignature, isProtected: true);
    }

    [Fact]
    [Refuses(TlsErrorCause.BadSignature)]
    public void CertificateVerify_IsRefusedForAnotherTranscript()
    {
        using HostileServer server = AtCertificateVerify(CertificateKind.EcdsaP256);
        server.EncryptedExtensions(); // into the server's transcript, never sent
        server.Handshake(server.CertificateVerify());
        server.AssertRefused(TlsErrorCause.BadSignature, isProtected: true);
    }

    [Fact]
    [Refuses(TlsErrorCause.BadSignature)]
    public void CertificateVerify_IsRefusedFromAnotherKey()
    {
        using HostileServer server = AtCertificateVerify(CertificateKind.EcdsaP256);
        using TestChain other = TestCertificates.SelfSigned(CertificateKind.EcdsaP256, "example.com");
        server.Credential = other.ToCredential();
        server.Handshake(server.CertificateVerify());
        server.AssertRefused(TlsErrorCause.BadSignature, isProtected: true);
    }

    /// <summary>CVE-2022-25638: a signature of another algorithm than the certificate's was not verified.</summary>
    [Theory]
    [InlineData(CertificateKind.EcdsaP256, 0x0503)] // the other curve's
    [InlineData(CertificateKind.EcdsaP256, 0x0804)] // an RSA scheme for an ECDSA key
    [InlineData(CertificateKind.EcdsaP256, 0x0807)]
    [InlineData(CertificateKind.EcdsaP256, 0x0203)] // ecdsa_sha1
    [InlineData(CertificateKind.EcdsaP384, 0x0403)]
    [InlineData(CertificateKind.Rsa2048, 0x0401)] // PKCS #1 v1.5
    [InlineData(CertificateKind.Rsa2048, 0x0601)]
    [InlineData(CertificateKind.Rsa2048, 0x0809)] // rsa_pss_pss for an rsaEncryption key
    [InlineData(CertificateKind.Rsa2048, 0x0403)]
    [InlineData(CertificateKind.Rsa2048, 0x7a7a)]
    [Refuses(TlsErrorCause.SignatureSchemeNotOffered)]
    public void CertificateVerify_IsRefusedWithASchemeThatDoesNotFit(CertificateKind kind, int scheme)
    {
        // Offered or not, the scheme has to fit the key.
        SignatureScheme[] all =
            [.. DefaultCryptoProvider.Instance.SignatureSchemes, new((ushort)scheme), SignatureScheme.RsaPkcs1Sha256];
        foreach (IReadOnlyList<SignatureScheme> offered in new[] { DefaultCryptoProvider.Instance.SignatureSchemes,
            all })
        {
            using HostileServer server = AtCertificateVerify(kind, offered);
            server.Handshake(server.CertificateVerify(new SignatureScheme((ushort)scheme)));
            server.AssertRefused(TlsErrorCause.SignatureSchemeNotOffered, isProtected: true);
        }
    }

    [Fact]
    [Refuses(TlsErrorCause.SignatureSchemeNotOffered)]
    public void CertificateVerify_IsRefusedWithASchemeThatWasNotOffered()
    {
        using HostileServer server = AtCertificateVerify(CertificateKind.Rsa2048, [SignatureScheme.RsaPssRsaeSha512]);
        server.Handshake(server.CertificateVerify());
        server.AssertRefused(TlsErrorCause.SignatureSchemeNotOffered, isProtected: true);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(31)]
    [Refuses(TlsErrorCause.BadFinished)]
    public void Finished_IsRefusedWithABitFlipped(int octet)
    {
        using HostileServer server = AtFinished();
        byte[] finished = server.Finished();
        finished[4 + octet] ^= 1;
        server.Handshake(finished);
        server.AssertRefused(TlsErrorCause.BadFinished, isProtected: true);
        Assert.DoesNotContain(TlsEvent.HandshakeCompleted, server.Victim.Events);
    }

    [Fact]
    [Refuses(TlsErrorCause.TruncatedMessage)]
    [Refuses(TlsErrorCause.TrailingBytes)]
    public void Finished_IsRefusedWithAnotherLength()
    {
        using HostileServer shorter = AtFinished();
        shorter.Handshake(Octets.Message(20, shorter.Finished()[4..^1]));
        shorter.AssertRefused(TlsErrorCause.TruncatedMessage, isProtected: true);
        using HostileServer longer = AtFinished();
        longer.Handshake(Octets.Message(20, [.. longer.Finished()[4..], 0]));
        longer.AssertRefused(TlsErrorCause.TrailingBytes, isProtected: true);
    }

    private static HostileServer AtCertificateVerify(CertificateKind kind,
        IReadOnlyList<SignatureScheme>? offered = null)
    {
        TlsClientConfiguration configuration = Engines.Client();
        if (offered is not null)
            configuration = new TlsClientConfiguration(DefaultCryptoProvider.Instance) { SignatureSchemes = offered };
        var server = new HostileServer(configuration) { Credential = Engines.Credential(kind) };
        server.SendHello(server.Hello());
        server.Handshake(server.EncryptedExtensions(), server.Certificate());
        server.AssertNotRefused();
        return server;
    }

    private static HostileServer AtFinished()
    {
        HostileServer server = AtCertificateVerify(CertificateKind.EcdsaP256);
        server.Handshake(server.CertificateVerify());
        server.AssertNotRefused();
        return server;
    }
}
