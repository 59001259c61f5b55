using System.Net;
using System.Net.Sockets;

using SynHello.Tls;
using SynHello.Wire;

namespace SynHello.Interop.Tests;

/// <summary>TLS 1.2 with haproxy: as a server to our clients, and as a client of our servers.</summary>
public sealed class HaproxyTls12Tests : IDisposable
{
    private const string Defaults = """
        defaults
          mode tcp
          timeout connect 30s
          timeout client 60s
          timeout server 60s
        """;

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("synhello-haproxy-");

    public void Dispose() => _directory.Delete(recursive: true);

    [Theory]
    [InlineData(KeyKind.P256, true)]
    [InlineData(KeyKind.Rsa, true)]
    [InlineData(KeyKind.P256, false)]
    public async Task Haproxy_AnswersAFalseStart_AndResumes(KeyKind kind, bool tickets)
    {
        IPEndPoint echo = PrivateNetwork.NextEndPoint();
        using var listener = new TcpListener(echo);
        listener.Start();
        _ = EchoAsync(listener);
        IPEndPoint endPoint = PrivateNetwork.NextEndPoint();
        var identity = Identity.For(endPoint.Address, kind);
        string both = Path.Combine(_directory.FullName, "both.pem");
        await File.WriteAllTextAsync(
            both, await File.ReadAllTextAsync(identity.CertificateFile) + "\n" + await File.ReadAllTextAsync(identity.KeyFile));
        await using ChildProcess haproxy = await StartAsync(endPoint, $"""
            listen secure
              bind {endPoint} ssl crt {both} ssl-max-ver TLSv1.2{(tickets ? "" : " no-tls-tickets")}
              server echo {echo}
            """);

        // The face itself, with what it keeps between connections.
        var client = new SecureClient(new SecureClientOptions { TrustedRoots = [Identity.Root], FastOpen = Sockets.FastOpenMode.Off });
        for (int visit = 0; visit < 3; visit++)
        {
            await using SecureStream stream = await client.ConnectAsync(endPoint, Identity.Host);
            await ExchangeAsync(stream);
            Assert.Equal(ProtocolVersion.Tls12, stream.Report.Version);
            Assert.Equal((visit == 0, visit > 0), (stream.Report.IsFalseStarted, stream.Report.IsResumed));
            Assert.Equal(2, stream.Report.RoundTripsUntilRequest);
        }
    }

    [Theory]
    [InlineData(KeyKind.P256, true)]
    [InlineData(KeyKind.P384, true)]
    [InlineData(KeyKind.Rsa, true)]
    [InlineData(KeyKind.P256, false)]
    public async Task Haproxy_IsServed_AndComesBack(KeyKind kind, bool tickets)
    {
        await using var server = new Tls12EchoServer(kind, tickets);
        IPEndPoint endPoint = PrivateNetwork.NextEndPoint();
        await using ChildProcess haproxy = await StartAsync(endPoint, $"""
            listen plain
              bind {endPoint}
              server ours {server.EndPoint} ssl ca-file {Identity.RootFile} verify required verifyhost {Identity.Host} sni str({Identity.Host}) ssl-max-ver TLSv1.2
            """);
        for (int visit = 0; visit < 3; visit++)
        {
            using var client = new TcpClient();
            await client.ConnectAsync(endPoint);
            await ExchangeAsync(client.GetStream());
        }

        // Who looked whether haproxy is there may have been passed on as well, and is gone before its handshake has ended.
        TlsNegotiation negotiated;
        do
        {
            (negotiated, Exception? failure) = await server.NextAsync();
            Assert.False(failure is TlsProtocolException, failure?.ToString());
            Assert.Equal(ProtocolVersion.Tls12, failure is null ? negotiated.Version : ProtocolVersion.Tls12);
        }
        while (!negotiated.IsResumed);
        Assert.Equal(tickets, server.Cache.Statistics.Hits == 0);
    }

    private async Task<ChildProcess> StartAsync(IPEndPoint endPoint, string configuration)
    {
        string file = Path.Combine(_directory.FullName, "haproxy.cfg");
        await File.WriteAllTextAsync(file, $"global\n  nbthread 1\n\n{Defaults}\n\n{configuration}\n");
        var haproxy = ChildProcess.Start("haproxy", "-db", "-f", file);
        await WebServer.WaitAsync(endPoint, haproxy);
        return haproxy;
    }

    private static async Task ExchangeAsync(Stream stream)
    {
        await stream.WriteAsync("over the wire"u8.ToArray());
        byte[] answer = new byte[13];
        await stream.ReadExactlyAsync(answer).AsTask().WaitAsync(ChildProcess.Patience);
        Assert.Equal("over the wire"u8.ToArray(), answer);
    }

    private static async Task EchoAsync(TcpListener listener)
    {
        try
        {
            while (true)
            {
                TcpClient accepted = await listener.AcceptTcpClientAsync();
                _ = accepted.GetStream().CopyToAsync(accepted.GetStream());
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // The test has ended.
        }
    }
}
