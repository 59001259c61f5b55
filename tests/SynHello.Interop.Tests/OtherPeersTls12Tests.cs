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
        foreach (bool tickets in new[] { true, false })
        {
            // --resume comes back once with what the first connection brought.
            await using var server = new Tls12EchoServer(kind);
            string sessions = tickets ? "" : ":%NO_TICKETS";
            await using ChildProcess client = ChildProcess.Start(
                "gnutls-cli",
                "--port", $"{server.EndPoint.Port}", "--x509cafile", Identity.RootFile, "--verify-hostname", Identity.Host,
                "--sni-hostname", Identity.Host, "--resume", $"--priority={priority}{sessions}", $"{server.EndPoint.Address}");
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

            Assert.Equal(tickets ? 0 : 1, server.Cache.Statistics.Hits);
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
            await VisitThriceAsync(endPoint, suite, tickets, "over the wire\n", "over the wire\n");
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
            await VisitThriceAsync(
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

    /// <summary>nginx in front of our server, as its client.</summary>
    [Theory]
    [InlineData(2)]
    [InlineData(0)]
    public async Task Nginx_ComesBackByBothMechanisms(int tickets)
    {
        var cache = new SessionIdCache();
        await using EchoServer server = Serve(tickets, cache);
        IPEndPoint endPoint = PrivateNetwork.NextEndPoint();
        string directory = Directory.CreateTempSubdirectory("synhello-tls12-").FullName;
        try
        {
            await using ChildProcess proxy = await WebServer.StartNginxAsync(
                endPoint,
                Identity.For(endPoint.Address),
                directory,
                $"""
                location / {"{"}
                  proxy_pass https://{server.EndPoint};
                  proxy_ssl_protocols TLSv1.2;
                  proxy_ssl_server_name on;
                  proxy_ssl_name {Identity.Host};
                  proxy_ssl_verify on;
                  proxy_ssl_trusted_certificate {Identity.RootFile};
                {"}"}
                """);
            string address = $"https://{endPoint}/";
            for (int visit = 0; visit < 3; visit++)
            {
                await using var client = ChildProcess.Start("curl", "--silent", "--show-error", "--cacert", Identity.RootFile, address);
                Assert.True(await client.ExitAsync() == 0, client.Transcript);
                Assert.Equal(["served"], client.Lines);
                HandshakeReport report = await server.NextReportAsync();
                Assert.Equal((ProtocolVersion.Tls12, visit > 0), (report.Version, report.IsResumed));
            }

            Assert.Equal(tickets == 0 ? 2 : 0, cache.Statistics.Hits);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    /// <summary>One run of curl connects three times. In TLS 1.2 it asks for no tickets, whoever has them.</summary>
    [Theory]
    [InlineData(2)]
    [InlineData(0)]
    public async Task Curl_ComesBackByItsSessionId(int tickets)
    {
        var cache = new SessionIdCache();
        await using EchoServer server = Serve(tickets, cache);
        string address = $"https://{server.EndPoint}/";
        await using var client = ChildProcess.Start(
            "curl", "--silent", "--show-error", "--tls-max", "1.2", "--cacert", Identity.RootFile, address, address, address);
        Assert.True(await client.ExitAsync() == 0, client.Transcript);
        for (int visit = 0; visit < 3; visit++)
        {
            HandshakeReport report = await server.NextReportAsync();
            Assert.Equal((ProtocolVersion.Tls12, visit > 0), (report.Version, report.IsResumed));
        }

        Assert.Equal(2, cache.Statistics.Hits);
        Assert.Equal(["served", "served", "served"], client.Lines);
    }

    [Theory]
    [InlineData(KeyKind.P256)]
    [InlineData(KeyKind.P384)]
    [InlineData(KeyKind.Rsa)]
    public async Task SslStream_InBothRoles(KeyKind kind)
    {
        foreach (bool tickets in new[] { true, false })
        {
            await using var server = new Tls12EchoServer(kind, tickets, protocols: [SslApplicationProtocol.Http11]);
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
                (TlsNegotiation negotiated, Exception? failure) = await server.NextAsync();
                Assert.Null(failure);
                Assert.Equal(visit > 0, negotiated.IsResumed);
                await stream.ShutdownAsync();
            }
        }

        IPEndPoint endPoint = PrivateNetwork.NextEndPoint();
        var identity = Identity.For(endPoint.Address, kind);
        using var certificate = X509Certificate2.CreateFromPemFile(identity.CertificateFile, identity.KeyFile);
        var options = new SslServerAuthenticationOptions
        {
            ServerCertificateContext = SslStreamCertificateContext.Create(certificate, additionalCertificates: null, offline: true),
            EnabledSslProtocols = SslProtocols.Tls12,
        };
        using var listener = new TcpListener(endPoint);
        listener.Start();
        Task serving = Task.Run(async () =>
        {
            for (int visit = 0; visit < 3; visit++)
            {
                using TcpClient accepted = await listener.AcceptTcpClientAsync();
                await using var server = new SslStream(accepted.GetStream());
                await server.AuthenticateAsServerAsync(options);
                await server.CopyToAsync(server);
                await server.ShutdownAsync();
            }
        });
        await VisitThriceAsync(endPoint, suite: null, tickets: true, "over the wire", "over the wire");
        await serving.WaitAsync(ChildProcess.Patience);
    }

    /// <summary>A server that answers one HTTP request a connection.</summary>
    private static EchoServer Serve(int tickets, SessionIdCache cache) => new(
        configure: options => (options.TicketCount, options.SessionCache) = (tickets, cache),
        greet: async stream =>
        {
            using var request = new StreamReader(stream, leaveOpen: true);
            while (await request.ReadLineAsync() is { Length: > 0 })
            {
                // Up to the empty line that ends it.
            }

            await stream.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 7\r\nConnection: close\r\n\r\nserved\n"u8.ToArray());
        });

    private static async Task VisitThriceAsync(IPEndPoint endPoint, string? suite, bool tickets, string request, string response)
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
