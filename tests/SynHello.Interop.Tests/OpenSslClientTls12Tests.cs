using SynHello.Testing;
using SynHello.Tls;
using SynHello.Wire;

namespace SynHello.Interop.Tests;

/// <summary>Our engine as a server of TLS 1.2 against openssl s_client.</summary>
public sealed class OpenSslClientTls12Tests : IDisposable
{
    private static readonly string[] _checks =
    [
        "-tls1_2", "-CAfile", Identity.RootFile, "-verify_return_error",
        "-verify_hostname", Identity.Host, "-servername", Identity.Host,
    ];

    private readonly string _sessionFile = Path.GetTempFileName();

    [Theory]
    [InlineData(KeyKind.P256, "ECDHE-ECDSA-AES128-GCM-SHA256", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256")]
    [InlineData(KeyKind.P384, "ECDHE-ECDSA-AES256-GCM-SHA384", "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384")]
    [InlineData(KeyKind.P256, "ECDHE-ECDSA-CHACHA20-POLY1305", "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256")]
    [InlineData(KeyKind.Rsa, "ECDHE-RSA-AES128-GCM-SHA256", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256")]
    [InlineData(KeyKind.Rsa, "ECDHE-RSA-AES256-GCM-SHA384", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384")]
    [InlineData(KeyKind.Rsa, "ECDHE-RSA-CHACHA20-POLY1305", "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256")]
    public async Task Server_SpeaksCipherSuite_FullAndResumedByBothMechanisms(KeyKind kind, string name, string suite)
    {
        foreach (bool tickets in new[] { true, false })
        {
            await using var server = new Tls12EchoServer(kind);
            string[] sessions = tickets ? [] : ["-no_ticket"];
            for (int visit = 1; visit <= 3; visit++)
            {
                string[] session = visit == 1 ? ["-sess_out", _sessionFile] : ["-sess_in", _sessionFile];
                await using ChildProcess client = Start(server, ["-cipher", name, .. session, .. sessions]);
                await client.WaitForAsync(visit == 1 ? "New, TLSv1.2" : "Reused, TLSv1.2");
                await client.WaitForAsync("Extended master secret: yes");
                await EchoAndEndAsync(client);
                (TlsNegotiation negotiated, Exception? failure) = await server.NextAsync();
                Assert.Null(failure);
                Assert.Equal((suite, visit > 1), (negotiated.CipherSuite.ToString(), negotiated.IsResumed));
            }

            Assert.Equal(tickets ? 0 : 2, server.Cache.Statistics.Hits);
        }
    }

    [Theory]
    [InlineData("X25519", "x25519")]
    [InlineData("P-256", "secp256r1")]
    [InlineData("P-384", "secp384r1")]
    public async Task Server_AgreesOnGroup(string groups, string chosen)
    {
        await using var server = new Tls12EchoServer(KeyKind.Rsa);
        await using ChildProcess client = Start(server, "-groups", groups);
        await EchoAndEndAsync(client);
        Assert.Equal(chosen, (await server.NextAsync()).Negotiated.Group.ToString());
    }

    [Theory]
    [InlineData(KeyKind.Rsa, "RSA-PSS+SHA384", "rsa_pss_rsae_sha384")]
    [InlineData(KeyKind.Rsa, "RSA+SHA256", "rsa_pkcs1_sha256")]
    [InlineData(KeyKind.Rsa, "RSA+SHA512", "rsa_pkcs1_sha512")]
    [InlineData(KeyKind.P256, "ECDSA+SHA384", "ecdsa_secp256r1_sha256")] // the better one for its key
    [InlineData(KeyKind.P384, "ECDSA+SHA512", "ecdsa_secp256r1_sha256")]
    public async Task Server_SignsAsTheClientWants(KeyKind kind, string schemes, string chosen)
    {
        await using var server = new Tls12EchoServer(kind);

        // The chain is signed with ECDSA and SHA-256, which the list speaks for too.
        await using ChildProcess client = Start(server, "-sigalgs", $"{schemes}:ECDSA+SHA256");
        await client.WaitForAsync("Verification: OK");
        await EchoAndEndAsync(client);
        Assert.Equal(chosen, (await server.NextAsync()).Negotiated.SignatureScheme.ToString());
    }

    [Theory]
    [InlineData(KeyKind.P256)]
    [InlineData(KeyKind.P384)]
    [InlineData(KeyKind.Rsa)]
    public async Task Server_ChecksTheClientsCertificate(KeyKind kind)
    {
        Identity identity = Identity.ForClient("somebody", kind);
        await using var server = new Tls12EchoServer(clientCertificates: TlsClientCertificateMode.Required);
        for (int visit = 1; visit <= 2; visit++)
        {
            string[] session = visit == 1 ? ["-sess_out", _sessionFile] : ["-sess_in", _sessionFile];
            await using ChildProcess client =
                Start(server, ["-cert", identity.CertificateFile, "-key", identity.KeyFile, .. session]);
            await EchoAndEndAsync(client);
            TlsNegotiation negotiated = (await server.NextAsync()).Negotiated;
            Assert.Equal(visit > 1, negotiated.IsResumed);
            Assert.Equal(
                identity.Credential.CertificateChain[0].ToArray(), negotiated.PeerCertificates[0].ToArray());
        }
    }

    [Fact]
    public async Task Server_StaplesAnOcspResponse()
    {
        byte[] response = [0x30, 3, 0x0a, 1, 1]; // malformedRequest, which the client prints
        await using var server = new Tls12EchoServer(credential: credential => new StapledTestCredential(credential, response));
        await using ChildProcess client = Start(server, "-status");
        await client.WaitForAsync("OCSP Response Status: malformedrequest");
        await EchoAndEndAsync(client);
    }

    [Fact]
    public async Task Server_RefusesAFallback()
    {
        await using var server = new Tls12EchoServer(versions: [ProtocolVersion.Tls13, ProtocolVersion.Tls12]);
        await using ChildProcess client = Start(server, "-fallback_scsv");
        Assert.Equal(1, await client.ExitAsync());
        Assert.Contains("inappropriate fallback", client.Transcript);
        await using ChildProcess other = Start(server);
        await EchoAndEndAsync(other);
    }

    [Fact]
    public async Task Server_RefusesToRenegotiate()
    {
        await using var server = new Tls12EchoServer();
        await using ChildProcess client = Start(server);
        await client.WriteLineAsync("before");
        await client.WaitForLineAsync(line => line == "before");
        await client.WriteLineAsync("R");
        await client.WaitForAsync("no renegotiation");
    }

    /// <summary>An application that only reads never sends the answer itself.</summary>
    [Fact]
    public async Task Listener_RefusesToRenegotiate_WhileItOnlyReads()
    {
        await using var server = new EchoServer();
        await using ChildProcess client =
            ChildProcess.Start("openssl", ["s_client", "-connect", $"{server.EndPoint}", .. _checks]);
        await client.WriteLineAsync("before");
        await client.WaitForLineAsync(line => line == "before");
        await client.WriteLineAsync("R");
        await client.WaitForAsync("no renegotiation");
    }

    [Theory]
    [InlineData("-cipher", "ECDHE-RSA-AES128-GCM-SHA256", "handshake failure")] // of another key
    [InlineData("-cipher", "AES128-GCM-SHA256", "handshake failure")] // RSA key exchange
    [InlineData("-cipher", "ECDHE-ECDSA-AES128-SHA256", "handshake failure")] // CBC
    [InlineData("-groups", "P-521", "handshake failure")]
    [InlineData("-sigalgs", "RSA+SHA256", "handshake failure")]
    public async Task Server_RefusesWithAlert(string option, string value, string alert)
    {
        await using var server = new Tls12EchoServer();
        await using ChildProcess client = Start(server, option, value);
        Assert.Equal(1, await client.ExitAsync());
        Assert.Contains($"alert {alert}", client.Transcript);
    }

    [Fact]
    public async Task Server_ExportsTheSameKeyingMaterial()
    {
        const string Label = "EXPORTER-interop";
        await using var server = new Tls12EchoServer();
        await using ChildProcess client = Start(server, "-keymatexport", Label, "-keymatexportlen", "24");
        await client.WaitForAsync("Keying material:");
        await EchoAndEndAsync(client);
    }

    public void Dispose() => File.Delete(_sessionFile);

    private static ChildProcess Start(Tls12EchoServer server, params string[] options) =>
        ChildProcess.Start("openssl", ["s_client", "-connect", $"{server.EndPoint}", .. _checks, .. options]);

    private static async Task EchoAndEndAsync(ChildProcess client)
    {
        await client.WriteLineAsync("over the wire");
        await client.WaitForLineAsync(line => line == "over the wire");
        client.CloseInput();
        Assert.Equal(0, await client.ExitAsync());
    }
}
