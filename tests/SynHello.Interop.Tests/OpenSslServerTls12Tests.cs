using System.Net;
using SynHello.Crypto;
using SynHello.Tls;
using SynHello.Wire;

namespace SynHello.Interop.Tests;

/// <summary>Our engine against openssl s_server in TLS 1.2.</summary>
public sealed class OpenSslServerTls12Tests
{
    [Theory]
    [InlineData(KeyKind.P256, "ECDHE-ECDSA-AES128-GCM-SHA256", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256")]
    [InlineData(KeyKind.P384, "ECDHE-ECDSA-AES256-GCM-SHA384", "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384")]
    [InlineData(KeyKind.P256, "ECDHE-ECDSA-CHACHA20-POLY1305", "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256")]
    [InlineData(KeyKind.Rsa, "ECDHE-RSA-AES128-GCM-SHA256", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256")]
    [InlineData(KeyKind.Rsa, "ECDHE-RSA-AES256-GCM-SHA384", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384")]
    [InlineData(KeyKind.Rsa, "ECDHE-RSA-CHACHA20-POLY1305", "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256")]
    public async Task Client_SpeaksCipherSuite_FullAndResumedByBothMechanisms(KeyKind kind, string name, string suite)
    {
        foreach (bool tickets in new[] { true, false })
        {
            IPEndPoint endPoint = PrivateNetwork.NextEndPoint();
            string[] sessions = tickets ? [] : ["-no_ticket"];
            await using ChildProcess server = await StartAsync(endPoint, kind, ["-rev", "-cipher", name, .. sessions]);
            TlsSession? session = null;
            for (int visit = 0; visit < 3; visit++)
            {
                using EngineConnection connection = await VisitAsync(endPoint, Client(), session);
                TlsNegotiation negotiated = connection.Negotiated;
                Assert.Equal((suite, visit > 0), (negotiated.CipherSuite.ToString(), negotiated.IsResumed));
                Assert.Equal(visit == 0, negotiated.IsFalseStarted);
                session = Assert.Single(connection.ReadSessions());
                Assert.Equal(tickets, session.TicketLength > 0);

                // A server forgets a session whose connection ends without a word, and serves one at a time.
                await connection.CloseAsync();
                await connection.ReadToEndAsync();
            }
        }
    }

    [Theory]
    [InlineData("X25519", "x25519")]
    [InlineData("P-256", "secp256r1")]
    [InlineData("P-384", "secp384r1")]
    public async Task Client_AgreesOnGroup(string groups, string chosen)
    {
        IPEndPoint endPoint = PrivateNetwork.NextEndPoint();
        await using ChildProcess server = await StartAsync(endPoint, KeyKind.Rsa, "-rev", "-groups", groups);
        using EngineConnection connection = await VisitAsync(endPoint, Client());
        Assert.Equal(chosen, connection.Negotiated.Group.ToString());
    }

    [Theory]
    [InlineData(KeyKind.Rsa, "RSA-PSS+SHA256", "rsa_pss_rsae_sha256")]
    [InlineData(KeyKind.Rsa, "RSA-PSS+SHA512", "rsa_pss_rsae_sha512")]
    [InlineData(KeyKind.Rsa, "RSA+SHA256", "rsa_pkcs1_sha256")]
    [InlineData(KeyKind.Rsa, "RSA+SHA384", "rsa_pkcs1_sha384")]
    [InlineData(KeyKind.Rsa, "RSA+SHA512", "rsa_pkcs1_sha512")]
    [InlineData(KeyKind.P256, "ECDSA+SHA384", "ecdsa_secp384r1_sha384")]
    [InlineData(KeyKind.P384, "ECDSA+SHA256", "ecdsa_secp256r1_sha256")]
    public async Task Client_ChecksSignature(KeyKind kind, string schemes, string chosen)
    {
        IPEndPoint endPoint = PrivateNetwork.NextEndPoint();
        await using ChildProcess server = await StartAsync(endPoint, kind, "-rev", "-sigalgs", schemes);
        using EngineConnection connection = await VisitAsync(endPoint, Client());
        Assert.Equal(chosen, connection.Negotiated.SignatureScheme.ToString());
    }

    [Theory]
    [InlineData(KeyKind.P256)]
    [InlineData(KeyKind.P384)]
    [InlineData(KeyKind.Rsa)]
    public async Task Client_ShowsItsCertificate(KeyKind kind)
    {
        IPEndPoint endPoint = PrivateNetwork.NextEndPoint();
        Identity identity = Identity.ForClient("somebody", kind);
        await using ChildProcess server = await StartAsync(
            endPoint, KeyKind.P256, "-rev", "-Verify", "2", "-verify_return_error", "-CAfile", Identity.RootFile);
        using EngineConnection connection = await VisitAsync(endPoint, new TlsClientConfiguration(DefaultCryptoProvider.Instance)
        {
            Versions = [ProtocolVersion.Tls13, ProtocolVersion.Tls12],
            Credentials = [identity.Credential],
        });
        Assert.True(connection.Negotiated.ClientCertificateRequested);
        Assert.Same(identity.Credential, connection.Negotiated.LocalCredential);
    }

    [Fact]
    public async Task Client_ExportsTheSameKeyingMaterial()
    {
        const string Label = "EXPORTER-interop";
        IPEndPoint endPoint = PrivateNetwork.NextEndPoint();
        await using ChildProcess server =
            await StartAsync(endPoint, KeyKind.P256, "-keymatexport", Label, "-keymatexportlen", "24");
        using EngineConnection connection = await (await EngineConnection.ConnectAsync(endPoint, Client())).CompleteAsync();
        byte[] material = new byte[24];
        connection.Engine.ExportKeyingMaterial(Label, [], material);
        string line = await server.WaitForAsync("Keying material:");
        Assert.Equal(line.Split(':')[1].Trim(), Convert.ToHexString(material));
    }

    [Fact]
    public async Task Client_RefusesToRenegotiate()
    {
        IPEndPoint endPoint = PrivateNetwork.NextEndPoint();
        await using ChildProcess server = await StartAsync(endPoint, KeyKind.P256);
        using EngineConnection connection = await (await EngineConnection.ConnectAsync(endPoint, Client())).CompleteAsync();
        await connection.WriteAsync("before\n");
        await server.WaitForAsync("before");
        await server.WriteLineAsync("r"); // a HelloRequest; its warning makes the server end the connection
        TlsProtocolException failure = await Assert.ThrowsAsync<TlsProtocolException>(connection.ReadToEndAsync);
        Assert.Equal(AlertDescription.HandshakeFailure, failure.PeerAlert);
        await server.WaitForAsync("no renegotiation");
    }

    [Fact]
    public async Task Client_ReadsALongAnswer()
    {
        const int Lines = 2_000;
        IPEndPoint endPoint = PrivateNetwork.NextEndPoint();
        await using ChildProcess server = await StartAsync(endPoint, KeyKind.P256, "-rev");
        using EngineConnection connection = await (await EngineConnection.ConnectAsync(endPoint, Client())).CompleteAsync();
        string line = new string('x', 999) + '\n';
        for (int i = 0; i < Lines; i++)
        {
            await connection.WriteAsync(line);
            Assert.Equal(line, await connection.ReadAsync(line.Length));
        }
    }

    private static TlsClientConfiguration Client() => new(DefaultCryptoProvider.Instance)
    {
        Versions = [ProtocolVersion.Tls13, ProtocolVersion.Tls12],
        TimeProvider = TimeProvider.System,
    };

    private static async Task<EngineConnection> VisitAsync(
        IPEndPoint endPoint, TlsClientConfiguration configuration, TlsSession? session = null)
    {
        EngineConnection connection = await EngineConnection.ConnectAsync(endPoint, configuration, session);
        await connection.HandshakeAsync();
        await connection.WriteAsync("abcdef\n");
        Assert.Equal("fedcba\n", await connection.ReadAsync(7));
        Assert.True(connection.Engine.IsHandshakeComplete);
        Assert.Equal(ProtocolVersion.Tls12, connection.Negotiated.Version);
        return connection;
    }

    private static async Task<ChildProcess> StartAsync(IPEndPoint endPoint, KeyKind kind, params string[] options)
    {
        var identity = Identity.For(endPoint.Address, kind);
        var server = ChildProcess.Start(
            "openssl",
            [
                "s_server", "-accept", $"{endPoint}", "-tls1_2",
                "-cert", identity.CertificateFile, "-key", identity.KeyFile, .. options,
            ]);
        await server.WaitForAsync("ACCEPT");
        return server;
    }
}
