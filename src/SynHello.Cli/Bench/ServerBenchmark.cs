using System.Security.Authentication;

using SynHello.Sockets;

namespace SynHello.Cli;

/// <summary>
/// The server alone: the CPU time of a server's process a full handshake of TLS 1.3, x25519 and ECDSA P-256, without session tickets;
/// this stack's and nginx's or openssl's, driven by the same client over loopback.
/// </summary>
internal static class ServerBenchmark
{
    public static Task<BenchmarkResult> BesideNginxAsync(Sampling sampling) =>
        MeasureAsync("tls13-full-server", "nginx", ServerProcess.StartNginxAsync, sampling);

    public static Task<BenchmarkResult> BesideOpensslAsync(Sampling sampling) =>
        MeasureAsync("tls13-full-server-openssl", "openssl", ServerProcess.StartOpensslAsync, sampling);

    private static async Task<BenchmarkResult> MeasureAsync(
        string name, string peer, Func<IdentityFiles, CancellationToken, Task<ServerProcess?>> startPeer, Sampling sampling)
    {
        using var identity = new IdentityFiles();
        await using ServerProcess own =
            await ServerProcess.StartAsync("synhello", identity, sampling.CancellationToken);
        await using ServerProcess other = await startPeer(identity, sampling.CancellationToken)
            ?? throw new PeerMissingException(name, peer);
        var client = new SecureClient(new SecureClientOptions
        {
            CertificateChainPolicy = BenchIdentity.Ecdsa.CreateChainPolicy(),
            FastOpen = FastOpenMode.Off,
            EnabledSslProtocols = SslProtocols.Tls13,
            AllowResumption = false,
        });
        List<double>[] figures = await sampling.InterleaveAsync<VisitedServer, double>(
            [new VisitedServer(own, client), new VisitedServer(other, client)],
            isShort: false,
            server => server.MeasureAsync(sampling.CancellationToken));
        return new BenchmarkResult(
            name,
            "cpu-us",
            Sampling.Median(figures[0]),
            peer,
            Sampling.Median(figures[1]),
            BareCryptography.ServerMicroseconds(new HandshakeKind(SslProtocols.Tls13)));
    }
}
