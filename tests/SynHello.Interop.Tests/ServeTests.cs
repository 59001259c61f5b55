using System.Net;
using System.Net.Sockets;
using System.Text;

namespace SynHello.Interop.Tests;

/// <summary>"synhello serve" with curl, with files, and with clients that mean it no good.</summary>
public sealed class ServeTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("synhello-serve-");

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact]
    public async Task Serve_ServesCurl()
    {
        IPEndPoint endPoint = PrivateNetwork.NextEndPoint();
        await using ChildProcess serve = await Synhello.ServeAsync(endPoint, Identity.For(endPoint.Address));
        for (int visit = 1; visit <= 2; visit++)
        {
            await using var curl = ChildProcess.Start(
                "curl", "--silent", "--show-error", "--tlsv1.3", "--tcp-fastopen",
                "--cacert", Identity.RootFile, $"https://{endPoint}/");
            Assert.True(await curl.ExitAsync() == 0, curl.Transcript);
            string bytes = curl.Lines.Single(line => line.StartsWith("Bytes in SYN: ", StringComparison.Ordinal));
            Assert.Equal(visit == 2, bytes != "Bytes in SYN: 0");
        }
    }

    [Theory]
    [InlineData("--tlsv1.3")]
    [InlineData("--http1.0")]
    [InlineData("--no-alpn")]
    public async Task Serve_ServesFilesToCurl(string option)
    {
        byte[] content = new byte[2_000_000];
        Random.Shared.NextBytes(content);
        await WriteAsync("site/file.bin", content);
        string fetched = Path.Combine(_directory.FullName, "fetched");
        IPEndPoint endPoint = PrivateNetwork.NextEndPoint();
        await using ChildProcess serve = await ServeFilesAsync(endPoint);
        await using var curl = ChildProcess.Start(
            "curl", "--silent", "--show-error", option,
            "--cacert", Identity.RootFile, "--output", fetched, $"https://{endPoint}/file.bin");
        Assert.True(await curl.ExitAsync() == 0, curl.Transcript);
        Assert.Equal(content, await File.ReadAllBytesAsync(fetched));
    }

    [Fact]
    public async Task Serve_StaysInsideItsDirectory()
    {
        await WriteAsync("secret.txt", "the secret"u8.ToArray());
        await WriteAsync("site/index.html", "the index"u8.ToArray());
        await WriteAsync("site/unknown.kind", "as bytes"u8.ToArray());
        IPEndPoint endPoint = PrivateNetwork.NextEndPoint();
        await using ChildProcess serve = await ServeFilesAsync(endPoint);

        Assert.Contains("the index", await RequestAsync(endPoint, "GET / HTTP/1.1"));
        string unknown = await RequestAsync(endPoint, "GET /unknown.kind HTTP/1.1");
        Assert.Contains("as bytes", unknown);
        Assert.Contains("Content-Type: application/octet-stream", unknown);
        Assert.StartsWith("HTTP/1.1 404 ", await RequestAsync(endPoint, "GET /none HTTP/1.1"));
        foreach (string path in new[]
        {
            "/../secret.txt", "/%2e%2e/secret.txt", "/..%2fsecret.txt", "/x/../../secret.txt", "//secret.txt",
        })
        {
            string answer = await RequestAsync(endPoint, $"GET {path} HTTP/1.1");
            Assert.StartsWith("HTTP/1.1 404 ", answer);
            Assert.DoesNotContain("the secret", answer);
        }
    }

    [Fact]
    public async Task Serve_AnswersAClientThatHasEndedItsSide()
    {
        await WriteAsync("site/index.html", Encoding.ASCII.GetBytes(new string('x', 400_000) + "the end"));
        IPEndPoint endPoint = PrivateNetwork.NextEndPoint();
        await using ChildProcess serve = await ServeFilesAsync(endPoint);
        await using SecureStream stream = await ConnectAsync(endPoint);
        await stream.WriteAsync("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"u8.ToArray());
        await stream.ShutdownAsync();
        Assert.EndsWith("the end", await ReadToEndAsync(stream));
    }

    [Theory]
    [InlineData("garbage", "NotTls")]
    [InlineData("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", "NotTls")]
    public async Task Serve_OutlivesClientsThatSpeakNoTls(string text, string cause)
    {
        IPEndPoint endPoint = PrivateNetwork.NextEndPoint();
        await using ChildProcess serve = await Synhello.ServeAsync(endPoint, Identity.For(endPoint.Address));
        using var client = new TcpClient(AddressFamily.InterNetwork);
        await client.ConnectAsync(endPoint);
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(text));
        await AssertLoggedAsync(serve, client, cause);
        await AssertServesAsync(endPoint);
    }

    [Fact]
    public async Task Serve_OutlivesRandomBytes()
    {
        IPEndPoint endPoint = PrivateNetwork.NextEndPoint();
        await using ChildProcess serve = await Synhello.ServeAsync(endPoint, Identity.For(endPoint.Address));
        var random = new Random(20261121);
        for (int i = 0; i < 50; i++)
        {
            using var client = new TcpClient(AddressFamily.InterNetwork);
            await client.ConnectAsync(endPoint);
            byte[] garbage = new byte[random.Next(6, 3000)];
            random.NextBytes(garbage);
            if (i % 2 == 0)
                garbage[0] = 0x16; // like a handshake record, at first
            await client.GetStream().WriteAsync(garbage);
            client.Client.Shutdown(SocketShutdown.Send);
            await AssertLoggedAsync(serve, client, "failed: ");
        }

        await AssertServesAsync(endPoint);
    }

    [Fact]
    public async Task Serve_GivesUpOnAHandshakeThatStalls()
    {
        IPEndPoint endPoint = PrivateNetwork.NextEndPoint();
        await using ChildProcess serve =
            await Synhello.ServeAsync(endPoint, Identity.For(endPoint.Address), "--handshake-timeout", "3");
        using var client = new TcpClient(AddressFamily.InterNetwork);
        await client.ConnectAsync(endPoint);
        byte[] half = [0x16, 0x03, 0x01, 0x01, 0x00, 0x01, 0x00, 0x00, 0xfc, 0x03, 0x03];
        await client.GetStream().WriteAsync(half);
        await AssertServesAsync(endPoint);
        await AssertLoggedAsync(serve, client, "longer than 3 s");
        Assert.True(await ReadsToEndAsync(client));
        await AssertServesAsync(endPoint);
    }

    [Fact]
    public void HandshakeTimeout_IsTenSeconds()
    {
        Assert.Equal(TimeSpan.FromSeconds(10), new SecureListenerOptions().HandshakeTimeout);
        Assert.Equal(TimeSpan.FromSeconds(10), new SecureClientOptions().HandshakeTimeout);
    }

    [Theory]
    [InlineData("off")]
    [InlineData("cookie")]
    public async Task Serve_OutlivesAResetAtEveryByte(string mode)
    {
        IPEndPoint endPoint = PrivateNetwork.NextEndPoint();
        await using ChildProcess serve =
            await Synhello.ServeAsync(endPoint, Identity.For(endPoint.Address), "--fast-open", mode);
        int lost = 0;
        bool more = true;
        for (int limit = 0; more; limit++)
        {
            (IPEndPoint client, more) = await CutClient.ResetAfterAsync(endPoint, limit);
            await serve.WaitForLineAsync(_ => IsLogged(serve, client, ref lost));
            await AssertServesAsync(endPoint);
        }

        // One that was reset before it could be accepted has no address to be told of.
        static bool IsLogged(ChildProcess serve, IPEndPoint client, ref int lost)
        {
            IReadOnlyList<string> lines = serve.Lines;
            if (lines.Any(line => line.Contains($" {client} broke", StringComparison.Ordinal)
                || line.Contains($" {client} failed", StringComparison.Ordinal)))
            {
                return true;
            }

            if (lines.Count(line => line.Contains("could not be accepted", StringComparison.Ordinal)) == lost)
                return false;
            lost++;
            return true;
        }
    }

    [Fact]
    public async Task Serve_FinishesWhatIsUnderWayWhenItIsTerminated()
    {
        const int Length = 30_000_000;
        await WriteAsync("site/large.bin", new byte[Length]);
        IPEndPoint endPoint = PrivateNetwork.NextEndPoint();
        await using ChildProcess serve = await ServeFilesAsync(endPoint);
        await using SecureStream idle = await ConnectAsync(endPoint);
        await using SecureStream stream = await ConnectAsync(endPoint);
        await stream.WriteAsync("GET /large.bin HTTP/1.1\r\nHost: localhost\r\n\r\n"u8.ToArray());
        byte[] buffer = new byte[1 << 16];
        long received = await stream.ReadAsync(buffer);
        Assert.StartsWith("HTTP/1.1 200 OK\r\n", Encoding.ASCII.GetString(buffer, 0, (int)received));
        int head = Encoding.ASCII.GetString(buffer, 0, (int)received).IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4;

        serve.Terminate();
        await serve.WaitForAsync("Stopping");
        Assert.Equal(0, await idle.ReadAsync(buffer).AsTask().WaitAsync(ChildProcess.Patience));
        await AssertRefusesAsync(endPoint);
        while (await stream.ReadAsync(buffer).AsTask().WaitAsync(ChildProcess.Patience) is > 0 and int count)
            received += count;

        Assert.Equal(head + Length, received);
        Assert.Equal(0, await serve.ExitAsync());
    }

    [Fact]
    public async Task Serve_EndsWhenItIsTerminatedIdle()
    {
        IPEndPoint endPoint = PrivateNetwork.NextEndPoint();
        await using ChildProcess serve = await Synhello.ServeAsync(endPoint, Identity.For(endPoint.Address));
        serve.Terminate();
        Assert.Equal(0, await serve.ExitAsync());
    }

    [Fact]
    public async Task Serve_TellsWhyItCannotStart()
    {
        IPEndPoint endPoint = PrivateNetwork.NextEndPoint();
        var identity = Identity.For(endPoint.Address);
        var other = Identity.For(endPoint.Address);
        string[] good = ["--listen", $"{endPoint}", "--cert", identity.CertificateFile, "--key", identity.KeyFile];

        Assert.Contains("/none.crt", await Synhello.FailAsync(
            "serve", "--listen", $"{endPoint}", "--cert", "/none.crt", "--key", identity.KeyFile));
        Assert.Contains(other.KeyFile, await Synhello.FailAsync(
            "serve", "--listen", $"{endPoint}", "--cert", identity.CertificateFile, "--key", other.KeyFile));
        Assert.Contains(
            "/no-such-directory", await Synhello.FailAsync(["serve", .. good, "--root", "/no-such-directory"]));

        using var taken = new TcpListener(endPoint);
        taken.Start();
        Assert.Contains("in use", await Synhello.FailAsync(["serve", .. good]));
    }

    [Fact]
    public async Task Serve_ChoosesTheCertificateThatTheClientCanCheck()
    {
        IPEndPoint endPoint = PrivateNetwork.NextEndPoint();
        var rsa = Identity.For(endPoint.Address, KeyKind.Rsa);
        await using ChildProcess serve = await Synhello.ServeAsync(
            endPoint, Identity.For(endPoint.Address), "--cert", rsa.CertificateFile, "--key", rsa.KeyFile);
        foreach ((string schemes, string line) in new[]
        {
            ("ecdsa_secp256r1_sha256", "Signature type: ECDSA"), ("rsa_pss_rsae_sha256", "Signature type: RSA-PSS"),
        })
        {
            await using var client =
                ChildProcess.Start("openssl", "s_client", "-connect", $"{endPoint}", "-brief", "-sigalgs", schemes);
            await client.WaitForAsync(line);
        }
    }

    private Task<ChildProcess> ServeFilesAsync(IPEndPoint endPoint) =>
        Synhello.ServeAsync(
            endPoint, Identity.For(endPoint.Address), "--root", Path.Combine(_directory.FullName, "site"));

    private async Task WriteAsync(string path, byte[] content)
    {
        string file = Path.Combine(_directory.FullName, path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        await File.WriteAllBytesAsync(file, content);
    }

    private static ValueTask<SecureStream> ConnectAsync(IPEndPoint endPoint) =>
        new SecureClient(new SecureClientOptions { TrustedRoots = [Identity.Root] })
            .ConnectAsync(endPoint, Identity.Host);

    private static async Task<string> RequestAsync(IPEndPoint endPoint, string requestLine)
    {
        await using SecureStream stream = await ConnectAsync(endPoint);
        await stream.WriteAsync(
            Encoding.ASCII.GetBytes($"{requestLine}\r\nHost: localhost\r\nConnection: close\r\n\r\n"));
        return await ReadToEndAsync(stream);
    }

    private static async Task<string> ReadToEndAsync(SecureStream stream)
    {
        using var reader = new StreamReader(stream, Encoding.Latin1);
        return await reader.ReadToEndAsync().WaitAsync(ChildProcess.Patience);
    }

    private static async Task AssertServesAsync(IPEndPoint endPoint) =>
        Assert.StartsWith("HTTP/1.1 200 OK\r\n", await RequestAsync(endPoint, "GET / HTTP/1.1"));

    private static Task<string> AssertLoggedAsync(ChildProcess serve, TcpClient client, string what) =>
        serve.WaitForLineAsync(line =>
            line.Contains($" {client.Client.LocalEndPoint} ", StringComparison.Ordinal)
            && line.Contains(what, StringComparison.Ordinal));

    private static async Task AssertRefusesAsync(IPEndPoint endPoint)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        var exception = await Assert.ThrowsAsync<SocketException>(() => socket.ConnectAsync(endPoint));
        Assert.Equal(SocketError.ConnectionRefused, exception.SocketErrorCode);
    }

    private static async Task<bool> ReadsToEndAsync(TcpClient client)
    {
        try
        {
            await client.GetStream().CopyToAsync(new MemoryStream()).WaitAsync(ChildProcess.Patience);
            return true;
        }
        catch (IOException)
        {
            return true; // a reset ends it too
        }
    }
}
