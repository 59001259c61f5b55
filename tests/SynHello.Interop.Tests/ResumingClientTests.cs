using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace SynHello.Interop.Tests;

/// <summary>Clients without early data come back to our server.</summary>
public sealed class ResumingClientTests
{
    [Fact]
    public async Task Server_ResumesSslStream()
    {
        await using var server = new EarlyEchoServer();
        var options = new SslClientAuthenticationOptions
        {
            TargetHost = Identity.Host,
            EnabledSslProtocols = SslProtocols.Tls13,
            CertificateChainPolicy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                CustomTrustStore = { Identity.Root },
                RevocationMode = X509RevocationMode.NoCheck,
            },
        };
        for (int visit = 1; visit <= 2; visit++)
        {
            using var client = new TcpClient();
            await client.ConnectAsync(server.Echo.EndPoint);
            await using var stream = new SslStream(client.GetStream());
            await stream.AuthenticateAsClientAsync(options);
            await stream.WriteAsync("over the wire"u8.ToArray());
            byte[] echo = new byte[13];
            await stream.ReadExactlyAsync(echo).AsTask().WaitAsync(ChildProcess.Patience);
            Assert.Equal("over the wire", Encoding.ASCII.GetString(echo));
            await stream.ShutdownAsync();
            Assert.Equal(visit == 2, (await server.Echo.NextReportAsync()).IsResumed);
        }
    }

    [Theory]
    [InlineData("--http1.1")]
    [InlineData("--tcp-fastopen")]
    public async Task Server_ResumesCurl(string option)
    {
        // One run that fetches twice, on connections of their own.
        await using var server = new EchoServer(
            configure: options =>
            {
                options.MaximumEarlyData = EarlyEchoServer.MaximumEarlyData;
                options.ApplicationProtocols = [SslApplicationProtocol.Http11];
            },
            greet: AnswerAsync);
        string url = $"https://{Identity.Host}:{server.EndPoint.Port}/";
        await using var curl = ChildProcess.Start(
            "curl", "--silent", "--show-error", "--tlsv1.3", "--http1.1", option, "--cacert", Identity.RootFile,
            "--resolve", $"{Identity.Host}:{server.EndPoint.Port}:{server.Address}", url, url);
        Assert.True(await curl.ExitAsync() == 0, curl.Transcript);
        Assert.Equal(["fetched", "fetched"], curl.Lines);

        Assert.False((await server.NextReportAsync()).IsResumed);
        Assert.True((await server.NextReportAsync()).IsResumed);
    }

    private static async Task AnswerAsync(SecureStream stream)
    {
        using var reader = new StreamReader(stream, Encoding.ASCII, leaveOpen: true);
        while (await reader.ReadLineAsync() is { Length: > 0 })
        {
            // The request's head.
        }

        await stream.WriteAsync(
            "HTTP/1.1 200 OK\r\nContent-Length: 8\r\nConnection: close\r\n\r\nfetched\n"u8.ToArray());
    }
}
