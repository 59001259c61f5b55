using SynHello.Sockets;
using SynHello.Wire;

namespace SynHello.Interop.Tests;

/// <summary>Our server against gnutls-cli.</summary>
public sealed class GnuTlsClientTests
{
    private const string Base = "NONE:+VERS-TLS1.3:+MAC-ALL:+SIGN-ALL:+KX-ALL:+CTYPE-ALL";

    [Theory]
    [InlineData("AES-128-GCM", "GROUP-X25519", "TLS_AES_128_GCM_SHA256", "x25519")]
    [InlineData("AES-256-GCM", "GROUP-SECP256R1", "TLS_AES_256_GCM_SHA384", "secp256r1")]
    [InlineData("CHACHA20-POLY1305", "GROUP-SECP384R1", "TLS_CHACHA20_POLY1305_SHA256", "secp384r1")]
    public async Task Server_SpeaksCipherSuiteAndGroup(string cipher, string group, string suite, string chosen)
    {
        await using var server = new EchoServer();
        await using ChildProcess client = Start(server, $"--priority={Base}:+{cipher}:+{group}");
        await EchoAndEndAsync(client);
        HandshakeReport report = await server.NextReportAsync();
        Assert.Equal((suite, chosen), (report.CipherSuite.ToString(), report.Group.ToString()));
    }

    [Theory]
    [InlineData(KeyKind.P256)]
    [InlineData(KeyKind.P384)]
    [InlineData(KeyKind.Rsa)]
    public async Task Server_ProvesCertificate(KeyKind kind)
    {
        await using var server = new EchoServer(kind);
        await using ChildProcess client = Start(server);
        await EchoAndEndAsync(client);
        await client.WaitForAsync("The certificate is trusted");
    }

    [Fact]
    public async Task Server_AsksForTheGroupThatItTakes()
    {
        await using var server = new EchoServer(configure: options => options.Groups = [NamedGroup.Secp384r1]);
        await using ChildProcess client =
            Start(server, $"--priority={Base}:+AES-128-GCM:+GROUP-X25519:+GROUP-SECP384R1", "--single-key-share");
        await EchoAndEndAsync(client);
        Assert.True((await server.NextReportAsync()).HelloRetryRequested);
    }

    [Fact]
    public async Task Server_TakesClientHelloOutOfTheSyn()
    {
        await using var server = new EchoServer();
        for (int visit = 1; visit <= 2; visit++)
        {
            await using ChildProcess client = Start(server, "--fastopen");
            await EchoAndEndAsync(client);
            HandshakeReport report = await server.NextReportAsync();
            Assert.Equal(visit == 1 ? FastOpenOutcome.Off : FastOpenOutcome.Cookie, report.FastOpen);
            Assert.Equal(visit == 2, report.SynDataBytes > 100);
        }
    }

    private static ChildProcess Start(EchoServer server, params string[] options) => ChildProcess.Start(
        "gnutls-cli",
        [
            "--port", $"{server.EndPoint.Port}", "--x509cafile", Identity.RootFile, "--verify-hostname", Identity.Host,
            "--sni-hostname", Identity.Host, .. options, server.Address,
        ]);

    private static async Task EchoAndEndAsync(ChildProcess client)
    {
        await client.WaitForAsync("Handshake was completed");
        await client.WriteLineAsync("over the wire");
        await client.WaitForLineAsync(line => line == "over the wire");
        client.CloseInput();
        Assert.Equal(0, await client.ExitAsync());
    }
}
