using System.Security.Authentication;

using SynHello.Sockets;

namespace SynHello.Cli;

/// <summary>
/// Kestrel over this stack beside Kestrel with UseHttps, each in a process of its own, driven by the same client on the same machine:
/// the CPU time of the server's process a request, and requests a second, which the client's own CPU time bounds as well.
/// </summary>
internal static class KestrelBenchmark
{
    private const int Sessions = 64;

    public static Func<Sampling, Task<BenchmarkResult>> Of(string name, KestrelLoadKind kind) => async sampling =>
    {
        using var identity = new IdentityFiles();
        await using ServerProcess own = await StartAsync(KestrelBenchServer.SynHello);
        await using ServerProcess stock = await StartAsync(KestrelBenchServer.Stock);
        await using ServerProcess plain = await StartAsync(KestrelBenchServer.Plain);
        await using var ownLoad = new KestrelLoad(own, CreateClient(kind), kind);
        await using var stockLoad = new KestrelLoad(stock, CreateClient(kind), kind);
        await using var plainLoad = new KestrelLoad(plain, client: null, kind);
        List<PairFigures>[] figures = await sampling.InterleaveAsync<KestrelLoad, PairFigures>(
            [ownLoad, stockLoad, plainLoad], isShort: false, load => load.MeasureAsync(sampling.CancellationToken));
        double cryptography = kind == KestrelLoadKind.KeepAlive
            ? 0
            : BareCryptography.ServerMicroseconds(new HandshakeKind(SslProtocols.Tls13, kind == KestrelLoadKind.CloseResumed));
        return new BenchmarkResult(
            name, "cpu-us", Cpu(figures[0]), "Kestrel with UseHttps", Cpu(figures[1]), Cpu(figures[2]) + cryptography)
        {
            SynhelloPerSecond = Rate(figures[0]),
            PeerPerSecond = Rate(figures[1]),
        };

        Task<ServerProcess> StartAsync(string stack) => ServerProcess.StartAsync(stack, identity, sampling.CancellationToken);
    };

    private static SecureClient CreateClient(KestrelLoadKind kind) => new(new SecureClientOptions
    {
        CertificateChainPolicy = BenchIdentity.Ecdsa.CreateChainPolicy(),
        FastOpen = FastOpenMode.Off,
        EnabledSslProtocols = SslProtocols.Tls13,
        AllowResumption = kind == KestrelLoadKind.CloseResumed,
        SessionStore = new MemorySessionStore(Sessions, Sessions),
    });

    private static double Cpu(List<PairFigures> figures) => Sampling.Median(figures.Select(figure => figure.Cpu));

    private static double Rate(List<PairFigures> figures) => Sampling.Median(figures.Select(figure => figure.Rate));
}
