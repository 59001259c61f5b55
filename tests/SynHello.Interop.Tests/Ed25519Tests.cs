using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace SynHello.Interop.Tests;

/// <summary>Our client and servers with Ed25519 keys all the way up (RFC 8410), which .NET cannot make and OpenSSL can.</summary>
public sealed class Ed25519Tests : IAsyncLifetime
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("synhello-ed25519-");
    private readonly IPEndPoint _endPoint = PrivateNetwork.NextEndPoint();

    public async ValueTask InitializeAsync()
    {
        await OpenSslAsync(
            "-keyout", InDirectory("root.key"), "-out", InDirectory("root.crt"), "-subj", "/CN=ed25519 root",
            "-addext", "keyUsage=critical,keyCertSign");
        await OpenSslAsync(
            "-CA", InDirectory("root.crt"), "-CAkey", InDirectory("root.key"),
            "-keyout", InDirectory("server.key"), "-out", InDirectory("server.crt"), "-subj", "/CN=ed25519 server",
            "-addext", $"subjectAltName=DNS:{Identity.Host},IP:{_endPoint.Address}", "-addext", "basicConstraints=critical,CA:FALSE",
            "-addext", "keyUsage=critical,digitalSignature", "-addext", "extendedKeyUsage=serverAuth");
    }

    public ValueTask DisposeAsync()
    {
        _directory.Delete(recursive: true);
        return default;
    }

    [Fact]
    public async Task Client_ChecksTheCertificateOfAnOpenSslServer()
    {
        await using ChildProcess server = await ServeAsync("-rev");
        using X509Certificate2 root = X509CertificateLoader.LoadCertificateFromFile(InDirectory("root.crt"));
        var client = new SecureClient(new SecureClientOptions { TrustedRoots = [root] });
        await using SecureStream stream = await client.ConnectAsync(_endPoint, Identity.Host);
        Assert.Equal("ed25519", stream.Report.SignatureScheme.ToString());
        await stream.WriteAsync("abcdef\n"u8.ToArray());
        byte[] answer = new byte[7];
        await stream.ReadExactlyAsync(answer).AsTask().WaitAsync(ChildProcess.Patience);
        Assert.Equal("fedcba\n", Encoding.ASCII.GetString(answer));
    }

    [Fact]
    public async Task Get_PrintsTheChain()
    {
        await using ChildProcess server = await ServeAsync("-www");
        (int exitCode, _, string error) = await Synhello.RunAsync(
            "get", $"https://{_endPoint}/", "--cacert", InDirectory("root.crt"), "--verbose");
        Assert.True(exitCode == 0, error);
        Assert.Contains(" 0 s:CN=ed25519 server\n", error, StringComparison.Ordinal);
        Assert.Contains("a:ED25519, signed with ED25519\n", error, StringComparison.Ordinal);
        Assert.Contains("verification: ok\n", error, StringComparison.Ordinal);
    }

    private string InDirectory(string name) => Path.Combine(_directory.FullName, name);

    private async Task<ChildProcess> ServeAsync(string what)
    {
        var server = ChildProcess.Start(
            "openssl", "s_server", "-accept", $"{_endPoint}", "-tls1_3", what, "-cert", InDirectory("server.crt"), "-key", InDirectory("server.key"));
        await server.WaitForAsync("ACCEPT");
        return server;
    }

    private static async Task OpenSslAsync(params string[] options)
    {
        await using var process = ChildProcess.Start(
            "openssl", ["req", "-x509", "-newkey", "ed25519", "-nodes", "-days", "30", .. options]);
        Assert.True(await process.ExitAsync() == 0, process.Transcript);
    }
}
