using System.Net.Security;
using System.Security.Authentication;
using SynHello.Wire;

namespace SynHello.Interop.Tests;

/// <summary>Our server against openssl s_client.</summary>
public sealed class OpenSslClientTests
{
    private static readonly string[] _checks =
    [
        "-tls1_3", "-CAfile", Identity.RootFile, "-verify_return_error",
        "-verify_hostname", Identity.Host, "-servername", Identity.Host,
    ];

    [Theory]
    [InlineData("TLS_AES_128_GCM_SHA256")]
    [InlineData("TLS_AES_256_GCM_SHA384")]
    [InlineData("TLS_CHACHA20_POLY1305_SHA256")]
    public async Task Server_SpeaksCipherSuite(string suite)
    {
        await using var server = new EchoServer();
        await using ChildProcess client = Start(server, "-brief", "-ciphersuites", suite);
        await EchoAndEndAsync(client);
        Assert.Equal(suite, (await server.NextReportAsync()).CipherSuite.ToString());
        Assert.Contains($"Ciphersuite: {suite}", client.Lines);
        Assert.Contains("Verification: OK", client.Lines);
    }

    [Theory]
    [InlineData("X25519", "x25519", false)]
    [InlineData("P-256", "secp256r1", false)]
    [InlineData("P-384", "secp384r1", false)]
    [InlineData("P-521:X25519", "x25519", true)]
    [InlineData("X448:P-256", "secp256r1", true)]
    [InlineData("P-521:P-384", "secp384r1", true)]
    public async Task Server_AgreesOnGroup(string groups, string chosen, bool retried)
    {
        await using var server = new EchoServer();
        await using ChildProcess client = Start(server, "-brief", "-groups", groups);
        await EchoAndEndAsync(client);
        HandshakeReport report = await server.NextReportAsync();
        Assert.Equal((chosen, retried), (report.Group.ToString(), report.HelloRetryRequested));
    }

    [Theory]
    [InlineData("X25519:P-384", "secp384r1")]
    [InlineData("P-256:P-384", "secp384r1")]
    public async Task Server_AsksForTheGroupThatItTakes(string groups, string chosen)
    {
        await using var server = new EchoServer(configure: options => options.Groups = [NamedGroup.Secp384r1]);
        await using ChildProcess client = Start(server, "-brief", "-groups", groups);
        await EchoAndEndAsync(client);
        HandshakeReport report = await server.NextReportAsync();
        Assert.Equal((chosen, true), (report.Group.ToString(), report.HelloRetryRequested));
    }

    [Theory]
    [InlineData(KeyKind.P256, "ecdsa_secp256r1_sha256", "Signature type: ECDSA")]
    [InlineData(KeyKind.P384, "ecdsa_secp384r1_sha384", "Signature type: ECDSA")]
    [InlineData(KeyKind.Rsa, "rsa_pss_rsae_sha256", "Signature type: RSA-PSS")]
    public async Task Server_ProvesCertificate(KeyKind kind, string scheme, string line)
    {
        await using var server = new EchoServer(kind);
        await using ChildProcess client = Start(server, "-brief");
        await EchoAndEndAsync(client);
        Assert.Equal(scheme, (await server.NextReportAsync()).SignatureScheme.ToString());
        Assert.Contains(line, client.Lines);
        Assert.Contains("Verification: OK", client.Lines);
    }

    [Fact]
    public async Task Server_ChoosesApplicationProtocol()
    {
        await using var server = new EchoServer(
            configure: options =>
                options.ApplicationProtocols = [SslApplicationProtocol.Http11, SslApplicationProtocol.Http2]);
        await using ChildProcess client = Start(server, "-alpn", "h2,http/1.1");
        await client.WaitForAsync("ALPN protocol: http/1.1");
        Assert.Equal(SslApplicationProtocol.Http11, (await server.NextReportAsync()).ApplicationProtocol);
    }

    [Theory]
    [InlineData("-alpn", "spdy/1", "no application protocol")]
    [InlineData("-groups", "P-521", "handshake failure")]
    [InlineData("-sigalgs", "ed25519", "handshake failure")]
    public async Task Server_RefusesWithAlert(string option, string value, string alert)
    {
        await using var server =
            new EchoServer(configure: options => options.ApplicationProtocols = [SslApplicationProtocol.Http11]);
        await using ChildProcess client = Start(server, "-brief", option, value);
        Assert.Equal(1, await client.ExitAsync());
        Assert.Contains($"alert {alert}", client.Transcript);
    }

    [Fact]
    public async Task Server_RefusesVersionsThatAreNotEnabled()
    {
        await using var server = new EchoServer(configure: options => options.EnabledSslProtocols = SslProtocols.Tls13);
        await using var client =
            ChildProcess.Start("openssl", "s_client", "-connect", $"{server.EndPoint}", "-tls1_2", "-brief");
        Assert.Equal(1, await client.ExitAsync());
        Assert.Contains("alert protocol version", client.Transcript);
    }

    [Fact]
    public async Task Server_ExportsTheSameKeyingMaterial()
    {
        const string Label = "EXPORTER-interop";
        var exported = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var server = new EchoServer(greet: stream =>
        {
            byte[] material = new byte[24];
            stream.ExportKeyingMaterial(Label, [], material);
            exported.SetResult(Convert.ToHexString(material));
            return Task.CompletedTask;
        });
        await using ChildProcess client = Start(server, "-keymatexport", Label, "-keymatexportlen", "24");
        string line = await client.WaitForAsync("Keying material:");
        Assert.Equal(await exported.Task.WaitAsync(ChildProcess.Patience), line.Split(':')[1].Trim());
    }

    [Theory]
    [InlineData("k")]
    [InlineData("K")]
    public async Task Server_FollowsKeyUpdates(string command)
    {
        await using var server = new EchoServer();
        await using ChildProcess client = Start(server, "-brief");
        for (int i = 0; i < 3; i++)
        {
            await client.WriteLineAsync(command);
            await client.WaitForLineAsync(
                _ => client.Lines.Count(line => line.Contains("KEYUPDATE", StringComparison.Ordinal)) == i + 1);
            await client.WriteLineAsync($"after update {i}");
            await client.WaitForAsync($"after update {i}");
        }
    }

    [Fact]
    public async Task Server_UpdatesKeys()
    {
        await using var server = new EchoServer(greet: async stream =>
        {
            await stream.WriteAsync("before\n"u8.ToArray());
            await stream.UpdateKeyAsync(requestPeer: true);
            await stream.WriteAsync("after\n"u8.ToArray());
        });
        await using ChildProcess client = Start(server, "-brief");
        await client.WaitForAsync("before");
        await client.WaitForAsync("after");
        await EchoAndEndAsync(client);
    }

    private static ChildProcess Start(EchoServer server, params string[] options) =>
        ChildProcess.Start("openssl", ["s_client", "-connect", $"{server.EndPoint}", .. _checks, .. options]);

    private static async Task EchoAndEndAsync(ChildProcess client)
    {
        await client.WriteLineAsync("over the wire");
        await client.WaitForAsync("over the wire");
        client.CloseInput();
        Assert.Equal(0, await client.ExitAsync());
    }
}
