using SynHello.Tls;
using SynHello.Wire;

namespace SynHello.Interop.Tests;

/// <summary>openssl s_client comes back to our server, which gives its tickets out with its first flight.</summary>
public sealed class OpenSslClientEarlyDataTests : IDisposable
{
    private const string Early = "the early request";

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("synhello-openssl-");

    public void Dispose() => _directory.Delete(recursive: true);

    [Theory]
    [InlineData("TLS_AES_128_GCM_SHA256")]
    [InlineData("TLS_AES_256_GCM_SHA384")]
    [InlineData("TLS_CHACHA20_POLY1305_SHA256")]
    public async Task Server_TakesEarlyData(string suite)
    {
        await using var server = new EarlyEchoServer();
        await VisitAsync(server, "-ciphersuites", suite);

        await using ChildProcess client = Return(server, "-ciphersuites", suite);
        await EndAsync(client);

        Assert.Contains("Early data was accepted", client.Lines);
        await client.WaitForAsync("Reused, TLSv1.3");
        Assert.Equal(1, client.Lines.Count(line => line == Early));
        Assert.Equal(["", $"{Early}\n"], server.Early);
        HandshakeReport report = server.Resumed;
        Assert.Equal(EarlyDataStatus.Accepted, report.EarlyData);
        Assert.Equal(suite, report.CipherSuite.ToString());
        Assert.Equal(1, server.Register.Accepted);
    }

    [Fact]
    public async Task Server_ResumesWithoutEarlyData()
    {
        await using var server = new EarlyEchoServer();
        await VisitAsync(server);

        await using ChildProcess client = Start(server, "-sess_in", FileOf("session"));
        await EndAsync(client);

        await client.WaitForAsync("Reused, TLSv1.3");
        Assert.Equal(EarlyDataStatus.None, server.Resumed.EarlyData);
    }

    /// <summary>The client that sends the same session twice makes another hello of it: that is no replay.</summary>
    [Fact]
    public async Task SessionUsedTwice_IsTakenAsTwoHellos()
    {
        await using var server = new EarlyEchoServer();
        await VisitAsync(server);
        for (int visit = 0; visit < 2; visit++)
        {
            await using ChildProcess client = Return(server);
            await EndAsync(client);
            Assert.Contains("Early data was accepted", client.Lines);
        }

        Assert.Equal((2, 0), (server.Register.Accepted, server.Register.Refused));
    }

    [Fact]
    public async Task RejectedEarlyData_IsSkipped()
    {
        await using var server = new EarlyEchoServer(options => options.ReplayRegister = new RefusingRegister());
        await VisitAsync(server);

        await using ChildProcess client = Return(server);
        await EndAsync(client);

        Assert.Contains("Early data was rejected", client.Lines);
        await client.WaitForAsync("Reused, TLSv1.3");
        Assert.Equal(["", ""], server.Early);
        Assert.Equal(EarlyDataStatus.Rejected, server.Resumed.EarlyData);
    }

    [Fact]
    public async Task HelloRetryRequest_RejectsEarlyData()
    {
        await using var server = new EarlyEchoServer(options => options.Groups = [NamedGroup.Secp256r1]);
        await VisitAsync(server, "-groups", "X25519:P-256");

        await using ChildProcess client = Return(server, "-groups", "X25519:P-256");
        await EndAsync(client);

        Assert.Contains("Early data was rejected", client.Lines);
        Assert.Equal(["", ""], server.Early);
        Assert.True(server.Resumed.HelloRetryRequested);
    }

    private async Task VisitAsync(EarlyEchoServer server, params string[] options)
    {
        await File.WriteAllTextAsync(FileOf("early"), $"{Early}\n");
        await using ChildProcess client = Start(server, ["-sess_out", FileOf("session"), .. options]);
        await EndAsync(client);
        Assert.Contains("Early data was not sent", client.Lines);
    }

    private ChildProcess Return(EarlyEchoServer server, params string[] options) =>
        Start(server, ["-sess_in", FileOf("session"), "-early_data", FileOf("early"), .. options]);

    private string FileOf(string name) => Path.Combine(_directory.FullName, name);

    private static ChildProcess Start(EarlyEchoServer server, params string[] options) => ChildProcess.Start(
        "openssl",
        [
            "s_client", "-connect", $"{server.Echo.EndPoint}", "-tls1_3", "-CAfile", Identity.RootFile,
            "-verify_return_error", "-verify_hostname", Identity.Host, "-servername", Identity.Host, .. options,
        ]);

    private static async Task EndAsync(ChildProcess client)
    {
        await client.WriteLineAsync("over the wire");
        await client.WaitForLineAsync(line => line == "over the wire");
        client.CloseInput();
        Assert.Equal(0, await client.ExitAsync());
    }
}
