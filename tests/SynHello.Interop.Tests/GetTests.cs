using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace SynHello.Interop.Tests;

/// <summary>"synhello get" against servers that nobody here wrote.</summary>
public sealed class GetTests
{
    [Theory]
    [InlineData("off", "off", "off")]
    [InlineData("cookie", "requested", "requested")]
    [InlineData("cookieless", "ignored", "ignored")]
    public async Task Get_FetchesFromOpenSsl(string mode, string first, string second)
    {
        IPEndPoint endPoint = PrivateNetwork.NextEndPoint();
        await using ChildProcess server = await WebServer.StartOpenSslAsync(endPoint, Identity.For(endPoint.Address));
        await FetchTwiceAsync($"https://{endPoint}/", mode, first, second);
        Assert.Contains(
            "s_server", Encoding.UTF8.GetString(await Synhello.GetAsync($"https://{endPoint}/", "--fast-open", mode)));
    }

    [Theory]
    [InlineData("off", "off", "off")]
    [InlineData("cookie", "requested", "requested")]
    [InlineData("cookieless", "ignored", "ignored")]
    public async Task Get_FetchesFromGnuTls(string mode, string first, string second)
    {
        IPAddress address = PrivateNetwork.NextEndPoint().Address;
        int port = PrivateNetwork.NextPort();
        await using ChildProcess server = await WebServer.StartGnuTlsAsync(port, Identity.For(address));
        await FetchTwiceAsync($"https://{address}:{port}/", mode, first, second);
        byte[] body = await Synhello.GetAsync($"https://{address}:{port}/", "--fast-open", mode);
        Assert.Contains("GnuTLS", Encoding.UTF8.GetString(body));
    }

    [Theory]
    [InlineData("off", "off", "off")]
    [InlineData("cookie", "requested", "cookie")]
    [InlineData("cookieless", "ignored", "ignored")] // nginx takes data with a cookie only
    public async Task Get_FetchesFromNginx(string mode, string first, string second)
    {
        IPEndPoint endPoint = PrivateNetwork.NextEndPoint();
        DirectoryInfo directory = Directory.CreateTempSubdirectory("synhello-nginx-");
        try
        {
            // nginx's worker may be another user.
            directory.UnixFileMode |= UnixFileMode.OtherRead | UnixFileMode.OtherExecute;
            byte[] content = new byte[300_000];
            Random.Shared.NextBytes(content);
            await File.WriteAllBytesAsync(Path.Combine(directory.FullName, "file.bin"), content);
            await using ChildProcess server =
                await WebServer.StartNginxAsync(endPoint, Identity.For(endPoint.Address), directory.FullName);
            await FetchTwiceAsync($"https://{endPoint}/file.bin", mode, first, second);
            Assert.Equal(content, await Synhello.GetAsync($"https://{endPoint}/file.bin", "--fast-open", mode));
            Assert.Equal(
                404, (await Synhello.GetJsonAsync($"https://{endPoint}/none")).GetProperty("status").GetInt32());
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    [Theory]
    [InlineData("off", "off", "off")]
    [InlineData("cookie", "requested", "cookie")]
    [InlineData("cookieless", "cookieless", "cookieless")]
    public async Task Get_FetchesFromServe(string mode, string first, string second)
    {
        IPEndPoint endPoint = PrivateNetwork.NextEndPoint();
        await using ChildProcess serve =
            await Synhello.ServeAsync(endPoint, Identity.For(endPoint.Address), "--fast-open", mode);
        await FetchTwiceAsync($"https://{endPoint}/", mode, first, second);
    }

    [Fact]
    public async Task Get_CountsAHelloRetryRequest()
    {
        IPEndPoint endPoint = PrivateNetwork.NextEndPoint();
        await using ChildProcess server =
            await WebServer.StartOpenSslAsync(endPoint, Identity.For(endPoint.Address), "-groups", "P-384");
        JsonElement account = await Synhello.GetJsonAsync($"https://{endPoint}/", "--fast-open", "off");
        Assert.Equal("secp384r1", account.GetProperty("tls").GetProperty("group").GetString());
        Assert.Equal(3, account.GetProperty("roundTrips").GetProperty("requestSent").GetInt32());
        Assert.Equal(4, account.GetProperty("roundTrips").GetProperty("firstByte").GetInt32());
    }

    [Fact]
    public async Task Get_TellsOfTheConnectionOnStandardError()
    {
        IPEndPoint endPoint = PrivateNetwork.NextEndPoint();
        await using ChildProcess server = await WebServer.StartOpenSslAsync(endPoint, Identity.For(endPoint.Address));
        string keyLog = Path.GetTempFileName();
        try
        {
            (int exitCode, byte[] output, string error) = await Synhello.RunAsync(
                "get", $"https://{endPoint}/", "--cacert", Identity.RootFile, "--verbose", "--keylog", keyLog);
            Assert.Equal(0, exitCode);
            Assert.Contains("s_server", Encoding.UTF8.GetString(output));
            Assert.Contains("TLS 1.3, TLS_AES_", error);
            Assert.Contains("a cookie for the next visit was asked for", error);
            string[] labels = [.. (await File.ReadAllLinesAsync(keyLog)).Select(line => line.Split(' ')[0])];
            Assert.Contains("CLIENT_HANDSHAKE_TRAFFIC_SECRET", labels);
            Assert.Contains("SERVER_TRAFFIC_SECRET_0", labels);
        }
        finally
        {
            File.Delete(keyLog);
        }
    }

    [Fact]
    public async Task Get_TellsHowTheChainWasVerified()
    {
        IPEndPoint endPoint = PrivateNetwork.NextEndPoint();
        await using ChildProcess server = await WebServer.StartOpenSslAsync(endPoint, Identity.For(endPoint.Address));
        string sessions = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        try
        {
            string first = await AccountAsync(endPoint, "--cacert", Identity.RootFile, "--session-file", sessions);
            Assert.Matches("""
                \* certificate chain, as (sent|verified)
                \*  0 s:CN=server
                \*    i:CN=SynHello interop root
                \*    a:ECDSA, 256 bits, signed with .*
                \*    v:.* to .*
                (\*  1 s:CN=SynHello interop root
                .*
                .*
                .*
                )?\* verification: ok
                """, first);
            string second = await AccountAsync(endPoint, "--cacert", Identity.RootFile, "--session-file", sessions);
            Assert.Contains("* certificate chain, as sent on the first visit\n*  0 s:CN=server\n", second, StringComparison.Ordinal);
            Assert.Matches(@"\n\* verification: of the first visit, at \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC\n", second);
        }
        finally
        {
            File.Delete(sessions);
        }
    }

    [Fact]
    public async Task Get_TellsWhatItOverlooked()
    {
        IPEndPoint endPoint = PrivateNetwork.NextEndPoint();
        await using ChildProcess server = await WebServer.StartOpenSslAsync(endPoint, Identity.ForOtherHost());
        Assert.Contains(
            "* verification: overlooked by --insecure (the certificate is for another host)\n",
            await AccountAsync(endPoint, "--cacert", Identity.RootFile, "--insecure"),
            StringComparison.Ordinal);
        Assert.Contains(
            "* verification: overlooked by --insecure (the chain is not to be trusted; the certificate is for another host)\n",
            await AccountAsync(endPoint, "--insecure"),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Get_RefusesACertificateForAnotherHost()
    {
        IPEndPoint endPoint = PrivateNetwork.NextEndPoint();
        await using ChildProcess server = await WebServer.StartOpenSslAsync(endPoint, Identity.ForOtherHost());
        Assert.Contains("is not for", await FailAsync(endPoint));
        Assert.Contains(
            "s_server", Encoding.UTF8.GetString(await Synhello.GetAsync($"https://{endPoint}/", "--insecure")));
    }

    [Fact]
    public async Task Get_RefusesAnExpiredCertificate()
    {
        IPEndPoint endPoint = PrivateNetwork.NextEndPoint();
        await using ChildProcess server =
            await WebServer.StartOpenSslAsync(endPoint, Identity.Expired(endPoint.Address));
        Assert.Contains("expired", await FailAsync(endPoint));
    }

    [Fact]
    public async Task Get_RefusesASelfSignedCertificate()
    {
        IPEndPoint endPoint = PrivateNetwork.NextEndPoint();
        await using ChildProcess server =
            await WebServer.StartOpenSslAsync(endPoint, Identity.SelfSigned(endPoint.Address));
        Assert.Contains("self-signed", await FailAsync(endPoint));
    }

    [Fact]
    public async Task Get_RefusesAnUnknownRoot()
    {
        IPEndPoint endPoint = PrivateNetwork.NextEndPoint();
        await using ChildProcess server = await WebServer.StartOpenSslAsync(endPoint, Identity.For(endPoint.Address));
        Assert.Contains("no trusted root", await Synhello.FailAsync("get", $"https://{endPoint}/"));
    }

    [Fact]
    public async Task Get_ReportsAlerts()
    {
        IPEndPoint endPoint = PrivateNetwork.NextEndPoint();
        await using ChildProcess server =
            await WebServer.StartOpenSslAsync(endPoint, Identity.For(endPoint.Address), "-alpn", "none-of-ours");
        Assert.Contains("no_application_protocol", await FailAsync(endPoint));
    }

    [Fact]
    public async Task Get_SpeaksTheVersionsThatItIsTold()
    {
        IPEndPoint endPoint = PrivateNetwork.NextEndPoint();
        await using ChildProcess server =
            await WebServer.StartOpenSslAsync(endPoint, Identity.For(endPoint.Address), "-tls1_2");
        Assert.Contains("protocol_version", await FailAsync(endPoint, "--tls", "1.3"));
        JsonElement report = await Synhello.GetJsonAsync($"https://{endPoint}/", "--tls", "1.2");
        Assert.Equal("1.2", report.GetProperty("tls").GetProperty("version").GetString());
        report = await Synhello.GetJsonAsync($"https://{endPoint}/");
        Assert.Equal("1.2", report.GetProperty("tls").GetProperty("version").GetString());
    }

    [Fact]
    public async Task Get_ReportsARefusedConnection() =>
        Assert.Contains("refuses connections", await FailAsync(PrivateNetwork.NextEndPoint()));

    [Fact]
    public async Task Get_ReportsAnUnknownHost() =>
        Assert.Contains("nowhere.invalid", await Synhello.FailAsync("get", "https://nowhere.invalid/"));

    [Fact]
    public async Task Get_ReportsAServerThatDoesNotAnswer()
    {
        IPEndPoint endPoint = PrivateNetwork.NextEndPoint();
        using var silent = new TcpListener(endPoint);
        silent.Start();
        Assert.Contains("within 0.5 s", await FailAsync(endPoint, "--timeout", "0.5"));
    }

    [Fact]
    public async Task Get_ReportsAServerThatSpeaksNoTls()
    {
        IPEndPoint endPoint = PrivateNetwork.NextEndPoint();
        using var plain = new TcpListener(endPoint);
        plain.Start();
        Task answering = Task.Run(async () =>
        {
            using TcpClient accepted = await plain.AcceptTcpClientAsync();
            NetworkStream stream = accepted.GetStream();
            await stream.WriteAsync("HTTP/1.1 400 Bad Request\r\n\r\n"u8.ToArray());
            accepted.Client.Shutdown(SocketShutdown.Send);
            await stream.CopyToAsync(new MemoryStream()); // closing over unread bytes would reset the connection
        });
        Assert.Contains("TLS", await FailAsync(endPoint));
        await answering.WaitAsync(ChildProcess.Patience);
    }

    [Theory]
    [InlineData("get")]
    [InlineData("get", "http://localhost/")]
    [InlineData("get", "https://localhost/", "--fast-open", "sometimes")]
    [InlineData("get", "https://localhost/", "--tls", "1.1")]
    [InlineData("get", "https://localhost/", "--timeout", "0")]
    [InlineData("get", "https://localhost/", "--no-such-option")]
    [InlineData("serve", "--listen", "127.0.0.1:0")]
    [InlineData("serve", "--listen", "localhost", "--cert", "a", "--key", "b")]
    [InlineData("serve", "--listen", "127.0.0.1:0", "--cert", "a", "--cert", "b", "--key", "c")]
    [InlineData("nothing")]
    public async Task Synhello_TellsWrongUsage(params string[] arguments)
    {
        (int exitCode, byte[] output, string error) = await Synhello.RunAsync(arguments);
        Assert.Equal(2, exitCode);
        Assert.Empty(output);
        Assert.StartsWith("synhello: ", error);
    }

    [Theory]
    [InlineData("get", "--cacert")]
    [InlineData("get", "--cert")]
    [InlineData("get", "--key", "--cert", "a")]
    [InlineData("get", "--session-file")]
    [InlineData("get", "--keylog")]
    [InlineData("serve", "--client-ca", "--cert", "a", "--key", "b")]
    [InlineData("serve", "--ocsp", "--cert", "a", "--key", "b")]
    [InlineData("serve", "--root", "--cert", "a", "--key", "b")]
    [InlineData("serve", "--keylog", "--cert", "a", "--key", "b")]
    [InlineData("serve", "--cert", "--key", "b")]
    [InlineData("serve", "--key", "--cert", "a")]
    [InlineData("serve", "--key", "--cert", "a", "--cert", "b", "--key", "c")]
    public async Task Synhello_RefusesEmptyFileNames(string command, string option, params string[] others)
    {
        string[] target = command == "get" ? ["https://localhost/"] : ["--listen", "127.0.0.1:0"];
        (int exitCode, byte[] output, string error) = await Synhello.RunAsync([command, .. target, .. others, option, ""]);
        Assert.Equal(2, exitCode);
        Assert.Empty(output);
        string what = option is "--root" or "--ocsp" ? "directory" : "file";
        Assert.StartsWith($"synhello: {option} is the name of a {what}, and not empty.", error, StringComparison.Ordinal);
        Assert.Equal(1, error.AsSpan().Count("not empty"));
    }

    private static async Task FetchTwiceAsync(string url, string mode, params string[] outcomes)
    {
        foreach (string outcome in outcomes)
        {
            JsonElement account = await Synhello.GetJsonAsync(url, "--fast-open", mode);
            bool inSyn = outcome is "cookie" or "cookieless";
            Assert.Equal(200, account.GetProperty("status").GetInt32());
            Assert.Equal(outcome, account.GetProperty("fastOpen").GetString());
            Assert.Equal(inSyn, account.GetProperty("synDataBytes").GetInt32() > 100);
            Assert.Equal("1.3", account.GetProperty("tls").GetProperty("version").GetString());
            Assert.Equal(inSyn ? 1 : 2, account.GetProperty("roundTrips").GetProperty("requestSent").GetInt32());
            Assert.Equal(inSyn ? 2 : 3, account.GetProperty("roundTrips").GetProperty("firstByte").GetInt32());
        }
    }

    private static async Task<string> AccountAsync(IPEndPoint endPoint, params string[] options)
    {
        (int exitCode, _, string error) = await Synhello.RunAsync(["get", $"https://{endPoint}/", "--verbose", .. options]);
        Assert.True(exitCode == 0, error);
        return error;
    }

    private static Task<string> FailAsync(IPEndPoint endPoint, params string[] options) =>
        Synhello.FailAsync(["get", $"https://{endPoint}/", "--cacert", Identity.RootFile, .. options]);
}
