using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using SynHello.Crypto;
using SynHello.Tls;
using SynHello.Wire;

namespace SynHello.Interop.Tests;

/// <summary>TLS 1.2 with GnuTLS, nginx, curl and .NET's SslStream.</summary>
public sealed class OtherPeersTls12Tests
{
    private const string GnuTlsPriority = "NORMAL:-VERS-ALL:+VERS-TLS1.2";

    [Theory]
    [InlineData(KeyKind.P256, "AES-128-GCM", "GROUP-X25519", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256")]
    [InlineData(KeyKind.P384, "AES-256-GCM", "GROUP-SECP384R1", "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384")]
    [InlineData(KeyKind.P256, "CHACHA20-POLY1305", "GROUP-SECP256R1", "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256")]
    [InlineData(KeyKind.Rsa, "AES-128-GCM", "GROUP-X25519", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256")]
    [InlineData(KeyKind.Rsa, "AES-256-GCM", "GROUP-SECP256R1", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384")]
    [InlineData(KeyKind.Rsa, "CHACHA20-POLY1305", "GROUP-SECP384R1", "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256")]
    public async Task GnuTls_InBothRoles(KeyKind kind, string cipher, string group, string suite)
    {
        string priority = $"{GnuTlsPriority}:-CIPHER-ALL:+{cipher}:-GROUP-ALL:+{group}";
        await using (var server = new Tls12EchoServer(kind))
        {
            // --resume comes back once with what the first connection brought.
            await using ChildProcess client = ChildProcess.Start(
                "gnutls-cli",
                "--port", $"{server.EndPoint.Port}", "--x509cafile", Identity.RootFile, "--verify-hostname", Identity.Host,
                "--sni-hostname", Identity.Host, "--resume", $"--priority={priority}", $"{server.EndPoint.Address}");
            await client.WaitForAsync("This is a resumed session");
            await client.WriteLineAsync("over the wire");
            await client.WaitForLineAsync(line => line == "over the wire");
            client.CloseInput();
            Assert.Equal(0, await client.ExitAsync());
            foreach (bool isResumed in new[] { false, true })
            {
                TlsNegotiation negotiated = (await server.NextAsync()).Negotiated;
                Assert.Equal((suite, isResumed), (negotiated.CipherSuite.ToString(), negotiated.IsResumed));
            }
        }

        foreach (bool tickets in new[] { true, false })
        {
            var endPoint = new IPEndPoint(IPAddress.Loopback, PrivateNetwork.NextPort());
            var identity = Identity.For(endPoint.Address, kind);
            string[] sessions = tickets ? [] : ["--noticket"];
            await using var server = ChildProcess.Start(
                "gnutls-serv",
                [
                    "--port", $"{endPoint.Port}", "--echo", "--disable-client-cert", $"--priority={priority}", .. sessions,
                    "--x509certfile", identity.CertificateFile, "--x509keyfile", identity.KeyFile,
                ]);
            await WebServer.WaitAsync(endPoint, server);
            await VisitTwiceAsync(endPoint, suite, tickets, "over the wire\n", "over the wire\n");
        }
    }

    [Theory]
    [InlineData(KeyKind.P256, "")]
    [InlineData(KeyKind.Rsa, "")]
    [InlineData(KeyKind.P256, "ssl_session_tickets off; ssl_session_cache shared:a:1m;")]
    public async Task Nginx_AnswersAFalseStart_AndResumes(KeyKind kind, string directives)
    {
        IPEndPoint endPoint = PrivateNetwork.NextEndPoint();
        string directory = Directory.CreateTempSubdirectory("synhello-tls12-").FullName;
        try
        {
            await File.WriteAllTextAsync(Path.Combine(directory, "index.html"), "of nginx");
            await using ChildProcess server = await WebServer.StartNginxAsync(
                endPoint, Identity.For(endPoint.Address, kind), directory, directives, protocols: "TLSv1.2");
            await VisitTwiceAsync(
                endPoint, suite: null, directives.Length == 0, "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", "HTTP/1.1 200 OK");
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    [Fact]
    public async Task Curl_IsServed()
    {
        await using var server = new Tls12EchoServer(protocols: [SslApplicationProtocol.Http11]);
        await using var client = ChildProcess.Start(
            "curl", "--silent", "--show-error", "--verbose", "--tls-max", "1.2", "--cacert", Identity.RootFile, "--max-time", "30",
            "--connect-to", $"{Identity.Host}:443:{server.EndPoint}", "--http0.9", $"https://{Identity.Host}/");
        await client.WaitForAsync("SSL certificate verify ok");
        await client.WaitForAsync("Host: localhost"); // its request, sent back
        TlsNegotiation negotiated = (await server.NextAsync()).Negotiated;
        Assert.Equal(SslApplicationProtocol.Http11, negotiated.ApplicationProtocol);
        Assert.Equal(ProtocolVersion.Tls12, negotiated.Version);
    }

    [Theory]
    [InlineData(KeyKind.P256)]
    [InlineData(KeyKind.P384)]
    [InlineData(KeyKind.Rsa)]
    public async Task SslStream_InBothRoles(KeyKind kind)
    {
        await using (var server = new Tls12EchoServer(kind, protocols: [SslApplicationProtocol.Http11]))
        {
            for (int visit = 0; visit < 2; visit++)
            {
                using var client = new TcpClient();
                await client.ConnectAsync(server.EndPoint);
                await using var stream = new SslStream(client.GetStream());
                await stream.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
                {
                    TargetHost = Identity.Host,
                    EnabledSslProtocols = SslProtocols.Tls12,
                    ApplicationProtocols = [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11],
                    CertificateChainPolicy = new X509ChainPolicy
                    {
                        TrustMode = X509ChainTrustMode.CustomRootTrust,
                        CustomTrustStore = { Identity.Root },
                        RevocationMode = X509RevocationMode.NoCheck,
                    },
                });
                Assert.Equal(SslProtocols.Tls12, stream.SslProtocol);
                Assert.Equal(SslApplicationProtocol.Http11, stream.NegotiatedApplicationProtocol);
                await stream.WriteAsync("over the wire"u8.ToArray());
                byte[] answer = new byte[13];
                await stream.ReadExactlyAsync(answer).AsTask().WaitAsync(ChildProcess.Patience);
                Assert.Equal("over the wire"u8.ToArray(), answer);
                Assert.Null((await server.NextAsync()).Failure);
                await stream.ShutdownAsync();
            }
        }

        IPEndPoint endPoint = PrivateNetwork.NextEndPoint();
        var identity = Identity.For(endPoint.Address, kind);
        using var certificate = X509Certificate2.CreateFromPemFile(identity.CertificateFile, identity.KeyFile);
        using var listener = new TcpListener(endPoint);
        listener.Start();
        Task serving = Task.Run(async () =>
        {
            using TcpClient accepted = await listener.AcceptTcpClientAsync();
            await using var server = new SslStream(accepted.GetStream());
            await server.AuthenticateAsServerAsync(new SslServerAuthenticationOptions
            {
                ServerCertificate = certificate,
                EnabledSslProtocols = SslProtocols.Tls12,
            });
            await server.CopyToAsync(server);
        });
        using (EngineConnection connection = await EngineConnection.ConnectAsync(endPoint, Client()))
        {
            await connection.HandshakeAsync();
            await connection.WriteAsync("over the wire");
            Assert.Equal("over the wire", await connection.ReadAsync(13));
            Assert.Equal(ProtocolVersion.Tls12, connection.Negotiated.Version);
            Assert.True(connection.Negotiated.IsFalseStarted);
            await connection.CloseAsync();
            await serving.WaitAsync(ChildProcess.Patience);
        }
    }

    private static async Task VisitTwiceAsync(IPEndPoint endPoint, string? suite, bool tickets, string request, string response)
    {
        TlsSession? session = null;
        for (int visit = 0; visit < 3; visit++)
        {
            using EngineConnection connection = await EngineConnection.ConnectAsync(endPoint, Client(), session);
            await connection.HandshakeAsync();
            Assert.Equal(visit == 0, connection.Negotiated.IsFalseStarted);
            await connection.WriteAsync(request);
            Assert.Equal(response, await connection.ReadAsync(response.Length));
            TlsNegotiation negotiated = connection.Negotiated;
            Assert.Equal((ProtocolVersion.Tls12, visit > 0), (negotiated.Version, negotiated.IsResumed));
            if (suite is not null)
                Assert.Equal(suite, negotiated.CipherSuite.ToString());
            session = Assert.Single(connection.ReadSessions());
            Assert.Equal(tickets, session.TicketLength > 0);
            await connection.CloseAsync();
            await connection.ReadToEndAsync();
        }
    }

    private static TlsClientConfiguration Client() => new(DefaultCryptoProvider.Instance)
    {
        Versions = [ProtocolVersion.Tls13, ProtocolVersion.Tls12],
        TimeProvider = TimeProvider.System,
    };
}
