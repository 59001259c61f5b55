using System.Collections.Concurrent;
using System.Net;
using System.Text;

using SynHello.Tls;
using SynHello.Wire;

namespace SynHello.Interop.Tests;

/// <summary>Clients that show certificates, ours to other servers and others' to ours.</summary>
public sealed class ClientCertificateTests
{
    [Theory]
    [InlineData(KeyKind.P256)]
    [InlineData(KeyKind.P384)]
    [InlineData(KeyKind.Rsa)]
    public async Task OpenSslServer_KnowsOurClient(KeyKind kind)
    {
        IPEndPoint endPoint = PrivateNetwork.NextEndPoint();
        var server = Identity.For(endPoint.Address);
        await using ChildProcess process = await StartOpenSslAsync(endPoint, server, "-Verify", "1", "-verify_return_error");
        await using SecureStream stream = await ConnectAsync(endPoint, Identity.ForClient("alice", kind));
        await ReverseAsync(stream);
        await process.WaitForAsync("CN = alice");
    }

    [Fact]
    public async Task OpenSslServer_ThatRequiresACertificate_RefusesAClientWithoutOne()
    {
        IPEndPoint endPoint = PrivateNetwork.NextEndPoint();
        await using ChildProcess process =
            await StartOpenSslAsync(endPoint, Identity.For(endPoint.Address), "-Verify", "1", "-verify_return_error");
        await using SecureStream stream = await ConnectAsync(endPoint, identity: null);
        await stream.FlushAsync();
        var failure = await Assert.ThrowsAsync<IOException>(() =>
            stream.ReadAsync(new byte[1]).AsTask().WaitAsync(ChildProcess.Patience));
        Assert.Equal(AlertDescription.CertificateRequired, Assert.IsType<TlsProtocolException>(failure.InnerException).PeerAlert);
    }

    [Theory]
    [InlineData(KeyKind.P256)]
    [InlineData(KeyKind.P384)]
    [InlineData(KeyKind.Rsa)]
    public async Task GnuTlsServer_KnowsOurClient(KeyKind kind)
    {
        // It listens on every address.
        var endPoint = new IPEndPoint(IPAddress.Loopback, PrivateNetwork.NextPort());
        var server = Identity.For(endPoint.Address);
        await using var process = ChildProcess.Start(
            "gnutls-serv",
            [
                "--port", $"{endPoint.Port}", "--echo", "--x509certfile", server.CertificateFile,
                "--x509keyfile", server.KeyFile, "--x509cafile", Identity.RootFile, "--require-client-cert", "--verify-client-cert",
            ]);
        await WebServer.WaitAsync(endPoint, process);
        await using SecureStream stream = await ConnectAsync(endPoint, Identity.ForClient("alice", kind));
        await EchoAsync(stream);
        await process.WaitForAsync("CN=alice");
    }

    [Theory]
    [InlineData("")]
    [InlineData("zlib")]
    [InlineData("brotli")]
    public async Task GnuTlsServer_CompressesItsCertificateForOurClient(string compression)
    {
        var endPoint = new IPEndPoint(IPAddress.Loopback, PrivateNetwork.NextPort());
        var server = Identity.ForManyNames(endPoint.Address);
        string[] compressing = compression.Length == 0 ? [] : [$"--compress-cert={compression}"];
        await using var process = ChildProcess.Start(
            "gnutls-serv",
            [
                "--port", $"{endPoint.Port}", "--echo", "--disable-client-cert", "--x509certfile", server.CertificateFile,
                "--x509keyfile", server.KeyFile, .. compressing,
            ]);
        await WebServer.WaitAsync(endPoint, process);
        await using SecureStream stream = await ConnectAsync(endPoint, identity: null);
        await EchoAsync(stream);
        Assert.Equal(
            compression.Length > 0 && KnowsItsCompression(process),
            stream.Report.CertificateBytes < stream.Report.CertificateChainBytes);
    }

    [Theory]
    [InlineData(KeyKind.P256)]
    [InlineData(KeyKind.P384)]
    [InlineData(KeyKind.Rsa)]
    public async Task OpenSslClient_IsKnownToOurServer(KeyKind kind)
    {
        var names = new ConcurrentQueue<string?>();
        await using EchoServer server = Listen(names);
        var alice = Identity.ForClient("alice", kind);
        await using ChildProcess client = StartOpenSsl(server, "-cert", alice.CertificateFile, "-key", alice.KeyFile);
        await client.WriteLineAsync("over the wire");
        await client.WaitForAsync("over the wire");
        client.CloseInput();
        Assert.Equal(0, await client.ExitAsync());
        Assert.Equal(["CN=alice"], names);
        await client.WaitForAsync("SynHello interop root"); // acceptable names
    }

    [Fact]
    public async Task OpenSslClient_WithoutACertificate_IsRefused()
    {
        await using EchoServer server = Listen([]);
        await using ChildProcess client = StartOpenSsl(server);
        await client.WriteLineAsync("over the wire");
        await client.WaitForAsync("certificate required");
    }

    [Theory]
    [InlineData(KeyKind.P256, "")]
    [InlineData(KeyKind.Rsa, "")]
    [InlineData(KeyKind.Rsa, "zlib")]
    [InlineData(KeyKind.P256, "brotli")]
    public async Task GnuTlsClient_IsKnownToOurServer(KeyKind kind, string compression)
    {
        var names = new ConcurrentQueue<string?>();
        await using EchoServer server = Listen(names, [Identity.ForManyNames(IPAddress.Loopback).Credential]);
        var alice = Identity.ForClient("alice", kind);
        string[] compressing = compression.Length == 0 ? [] : [$"--compress-cert={compression}", "--debug", "4"];
        await using var client = ChildProcess.Start(
            "gnutls-cli",
            [
                "--port", $"{server.EndPoint.Port}", "--x509cafile", Identity.RootFile, "--verify-hostname", Identity.Host,
                "--sni-hostname", Identity.Host, "--x509certfile", alice.CertificateFile, "--x509keyfile", alice.KeyFile,
                .. compressing, server.Address,
            ]);
        await client.WaitForAsync("Handshake was completed");
        await client.WriteLineAsync("over the wire");
        await client.WaitForLineAsync(line => line == "over the wire");
        client.CloseInput();
        Assert.Equal(0, await client.ExitAsync());
        Assert.Equal(["CN=alice"], names);

        // The server's certificates on their way to it, and its own to the server.
        HandshakeReport report = await server.NextReportAsync();
        bool compresses = compression.Length > 0 && KnowsItsCompression(client);
        Assert.Equal(compresses, report.CertificateBytes < report.CertificateChainBytes);
        Assert.Equal(
            compresses, client.Lines.Any(line => line.Contains("COMPRESSED CERTIFICATE was queued", StringComparison.Ordinal)));
    }

    /// <summary>
    /// GnuTLS compresses with libraries that it may have been built without (Debian 12's is): then it says so, and goes on without.
    /// </summary>
    private static bool KnowsItsCompression(ChildProcess peer) =>
        !peer.Lines.Any(line => line.Contains("Unknown compression method", StringComparison.Ordinal));

    private static EchoServer Listen(ConcurrentQueue<string?> names, params TlsCredential[] credentials) => new(
        configure: options =>
        {
            if (credentials.Length > 0)
                options.Credentials = credentials;
            options.ClientCertificateMode = TlsClientCertificateMode.Required;
            options.TrustedClientRoots = [Identity.Root];
        },
        greet: stream =>
        {
            names.Enqueue(stream.RemoteCertificate?.Subject);
            return Task.CompletedTask;
        });

    private static ChildProcess StartOpenSsl(EchoServer server, params string[] options) => ChildProcess.Start(
        "openssl",
        [
            "s_client", "-connect", $"{server.EndPoint}", "-tls1_3", "-CAfile", Identity.RootFile, "-verify_return_error",
            "-servername", Identity.Host, .. options,
        ]);

    private static async Task<ChildProcess> StartOpenSslAsync(IPEndPoint endPoint, Identity identity, params string[] options)
    {
        var server = ChildProcess.Start(
            "openssl",
            [
                "s_server", "-accept", $"{endPoint}", "-tls1_3", "-rev", "-CAfile", Identity.RootFile,
                "-cert", identity.CertificateFile, "-key", identity.KeyFile, .. options,
            ]);
        await server.WaitForAsync("ACCEPT");
        return server;
    }

    private static async Task<SecureStream> ConnectAsync(IPEndPoint endPoint, Identity? identity) =>
        await new SecureClient(new SecureClientOptions
        {
            TrustedRoots = [Identity.Root],
            Credentials = identity is null ? [] : [identity.Credential],
        }).ConnectAsync(endPoint, Identity.Host);

    private static async Task ReverseAsync(SecureStream stream) => await ExchangeAsync(stream, "abcdef\n", "fedcba\n");

    private static async Task EchoAsync(SecureStream stream) => await ExchangeAsync(stream, "abcdef\n", "abcdef\n");

    private static async Task ExchangeAsync(SecureStream stream, string request, string response)
    {
        await stream.WriteAsync(Encoding.ASCII.GetBytes(request));
        byte[] answer = new byte[response.Length];
        await stream.ReadExactlyAsync(answer).AsTask().WaitAsync(ChildProcess.Patience);
        Assert.Equal(response, Encoding.ASCII.GetString(answer));
    }
}
