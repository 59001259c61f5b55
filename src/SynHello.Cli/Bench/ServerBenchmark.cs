using System.Security.Authentication;

using SynHello.Sockets;

namespace SynHello.Cli;

/// <summary>
/// The server alone: the CPU time of a server's process a full handshake of TLS 1.3, x25519 and ECDSA P-256, without session tickets;
/// this stack's and nginx's, driven by the same client over loopback.
/// </summary>
internal static class ServerBenchmark
{
    private const string Name = "tls13-full-server";
    private const string Peer = "nginx";

    public static async Task<BenchmarkResult> MeasureAsync(Sampling sampling)
    {
        using var identity = new IdentityFiles();
        await using ServerProcess own =
            await ServerProcess.StartAsync("synhello", identity, sampling.CancellationToken);
        await using ServerProcess nginx = await ServerProcess.StartNginxAsync(identity, sampling.CancellationToken)
            ?? throw new PeerMissingException(Name, Peer);
        var client = new SecureClient(new SecureClientOptions
        {
            CertificateChainPolicy = BenchIdentity.Ecdsa.CreateChainPolicy(),
            FastOpen = FastOpenMode.Off,
            EnabledSslProtocols = SslProtocols.Tls13,
            AllowResumption = false,
        });
        List<double>[] figures = await sampling.InterleaveAsync<VisitedServer, double>(
            [new VisitedServer(own, client), new VisitedServer(nginx, client)],
            isShort: false,
            server => server.MeasureAsync(sampling.CancellationToken));
        return new BenchmarkResult(
            Name,
            "cpu-us",
            Sampling.Median(figures[0]),
            Peer,
            Sampling.Median(figures[1]),
            BareCryptography.ServerMicroseconds(new HandshakeKind(SslProtocols.Tls13)));
    }
}
