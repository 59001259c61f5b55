using SynHello.Tls;

namespace SynHello.Interop.Tests;

/// <summary>gnutls-cli comes back to our server: it connects twice in one run.</summary>
public sealed class GnuTlsClientEarlyDataTests : IDisposable
{
    private const string Early = "the early request";

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("synhello-gnutls-");

    public void Dispose() => _directory.Delete(recursive: true);

    [Theory]
    [InlineData("AES-128-GCM", "TLS_AES_128_GCM_SHA256")]
    [InlineData("AES-256-GCM", "TLS_AES_256_GCM_SHA384")]
    [InlineData("CHACHA20-POLY1305", "TLS_CHACHA20_POLY1305_SHA256")]
    public async Task Server_TakesEarlyData(string cipher, string suite)
    {
        await using var server = new EarlyEchoServer();
        await using ChildProcess client = await ReturnAsync(server, $"NORMAL:-VERS-ALL:+VERS-TLS1.3:-CIPHER-ALL:+{cipher}");

        Assert.Equal(1, client.Lines.Count(line => line == Early));
        Assert.Equal(["", $"{Early}\n"], server.Early);
        HandshakeReport report = server.Resumed;
        Assert.Equal(EarlyDataStatus.Accepted, report.EarlyData);
        Assert.Equal(suite, report.CipherSuite.ToString());
        Assert.Equal(1, server.Register.Accepted);
    }

    [Fact]
    public async Task RejectedEarlyData_IsSkipped()
    {
        await using var server = new EarlyEchoServer(options => options.ReplayRegister = new RefusingRegister());
        await using ChildProcess client = await ReturnAsync(server, "NORMAL:-VERS-ALL:+VERS-TLS1.3");

        Assert.Equal(["", ""], server.Early);
        Assert.Equal(EarlyDataStatus.Rejected, server.Resumed.EarlyData);
    }

    private async Task<ChildProcess> ReturnAsync(EarlyEchoServer server, string priority)
    {
        string file = Path.Combine(_directory.FullName, "early");
        await File.WriteAllTextAsync(file, $"{Early}\n");
        var client = ChildProcess.Start(
            "gnutls-cli",
            "--port", $"{server.Echo.EndPoint.Port}", "--x509cafile", Identity.RootFile,
            "--verify-hostname", Identity.Host, "--sni-hostname", Identity.Host, "--priority", priority,
            "--resume", "--waitresumption", "--earlydata", file, server.Echo.Address);
        await client.WaitForAsync("This is a resumed session");
        await client.WriteLineAsync("over the wire");
        await client.WaitForLineAsync(line => line == "over the wire");
        client.CloseInput();
        Assert.True(await client.ExitAsync() == 0, client.Transcript);
        return client;
    }
}
