using System.Net;
using System.Security.Authentication;
using System.Text;

namespace SynHello.Interop.Tests;

/// <summary>Our client comes back to gnutls-serv.</summary>
public sealed class GnuTlsServerEarlyDataTests
{
    private const string Base = "NONE:+VERS-TLS1.3:+MAC-ALL:+SIGN-ALL:+KX-ALL:+CTYPE-ALL";
    private const string AnyGroup = "+GROUP-X25519:+GROUP-SECP256R1";
    private const string Early = "the early request";

    private readonly int _port = PrivateNetwork.NextPort();

    private IPEndPoint EndPoint => new(IPAddress.Loopback, _port);

    [Theory]
    [InlineData("AES-128-GCM", "TLS_AES_128_GCM_SHA256")]
    [InlineData("AES-256-GCM", "TLS_AES_256_GCM_SHA384")]
    [InlineData("CHACHA20-POLY1305", "TLS_CHACHA20_POLY1305_SHA256")]
    public async Task Client_IsTakenAtItsEarlyWord(string cipher, string suite)
    {
        await using ChildProcess server = await StartAsync($"{Base}:{AnyGroup}:+{cipher}");
        ReturningClient client = await VisitAsync();

        await using SecureStream stream = await client.ConnectAsync(Early);
        await EchoAsync(stream, "second visit");

        ReturningClient.AssertAccepted(stream.Report, Early);
        Assert.Equal(suite, stream.Report.CipherSuite.ToString());

        // The program throws away what it reads early; its library says that EndOfEarlyData was the second record.
        await server.WaitForAsync("This is a resumed session");
        Assert.Single(server.Lines, line => line.EndsWith("Packet[1] Handshake(22) with length: 4", StringComparison.Ordinal));
        Assert.Equal(0, await CountAsync(server, Early));
    }

    [Fact]
    public async Task ServerWithoutEarlyData_SkipsIt_AndIsSentTheBytesOnce()
    {
        ReturningClient client;
        await using (ChildProcess before = await StartAsync($"{Base}:{AnyGroup}:+AES-128-GCM"))
            client = await VisitAsync();
        await using ChildProcess server = await StartAsync($"{Base}:{AnyGroup}:+AES-128-GCM", earlyData: false);

        await using SecureStream stream = await client.ConnectAsync($"{Early}\n");
        Assert.Equal($"{Early}\n", await ReadAsync(stream, Early.Length + 1));
        await EchoAsync(stream, "second visit");

        ReturningClient.AssertRejected(stream.Report, EarlyDataReason.RejectedByServer, isResumed: false);
        Assert.Equal(1, await CountAsync(server, Early));
    }

    /// <summary>
    /// GnuTLS 3.7 does not skip early data once it has asked for another hello (RFC 8446 section 4.2.10), whoever the
    /// client is. Ours gives its sessions up then, so that the next attempt gets through.
    /// </summary>
    [Fact]
    public async Task HelloRetryRequestThatCannotSkip_FailsOnceAndLeavesNoSession()
    {
        await using ChildProcess server = await StartAsync($"{Base}:+GROUP-SECP256R1:+AES-128-GCM");
        ReturningClient client = await VisitAsync();

        AuthenticationException failure =
            await Assert.ThrowsAsync<AuthenticationException>(() => client.ConnectAsync($"{Early}\n"));
        Assert.Contains("bad_record_mac", failure.Message);
        Assert.Empty(client.Sessions.All);

        await using SecureStream stream = await client.ConnectAsync($"{Early}\n");
        Assert.Equal($"{Early}\n", await ReadAsync(stream, Early.Length + 1));
        await EchoAsync(stream, "second visit");
        Assert.Equal((EarlyDataReason.NoSession, true), (stream.Report.EarlyDataReason, stream.Report.EarlyDataSent));
        Assert.Equal(1, await CountAsync(server, Early));
    }

    private async Task<ChildProcess> StartAsync(string priority, bool earlyData = true)
    {
        Identity identity = Identity.For(IPAddress.Loopback);
        string[] early = earlyData ? ["--earlydata", "--maxearlydata", "16384"] : [];
        var server = ChildProcess.Start(
            "gnutls-serv",
            [
                "--port", $"{_port}", "--echo", "--debug", "5", "--disable-client-cert", "--priority", priority,
                "--x509certfile", identity.CertificateFile, "--x509keyfile", identity.KeyFile, .. early,
            ]);
        await WebServer.WaitAsync(EndPoint, server);
        return server;
    }

    private async Task<ReturningClient> VisitAsync()
    {
        var client = new ReturningClient(EndPoint);
        await using SecureStream stream = await client.ConnectAsync();
        await EchoAsync(stream, "first visit");
        Assert.NotEmpty(client.Sessions.All);
        return client;
    }

    private static async Task EchoAsync(SecureStream stream, string line)
    {
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"{line}\n"));
        Assert.Equal($"{line}\n", await ReadAsync(stream, line.Length + 1));
    }

    private static async Task<string> ReadAsync(SecureStream stream, int length)
    {
        byte[] received = new byte[length];
        await stream.ReadExactlyAsync(received).AsTask().WaitAsync(ChildProcess.Patience);
        return Encoding.ASCII.GetString(received);
    }

    /// <summary>How often the server was sent a line, until it was sent the one of the second visit.</summary>
    private static async Task<int> CountAsync(ChildProcess server, string line)
    {
        await server.WaitForLineAsync(printed => IsCommand(printed, "second visit"));
        return server.Lines.Count(printed => IsCommand(printed, line));

        static bool IsCommand(string printed, string line) =>
            printed.StartsWith("received cmd:", StringComparison.Ordinal)
                && printed.Contains(line, StringComparison.Ordinal);
    }
}
