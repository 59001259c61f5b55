using System.Net;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace SynHello.Cli;

/// <summary>A server that <see cref="BenchServerCommand"/> runs, on a port of loopback's that was free.</summary>
internal abstract class BenchServer : IAsyncDisposable
{
    private static readonly Dictionary<string, Func<X509Certificate2, Task<BenchServer>>> Stacks = new(StringComparer.Ordinal)
    {
        ["plain"] = _ => Task.FromResult<BenchServer>(new PlainEchoServer()),
        ["synhello"] = identity => Task.FromResult<BenchServer>(new SynHelloEchoServer(identity)),
        ["sslstream"] = identity => Task.FromResult<BenchServer>(new SslStreamEchoServer(identity, SslProtocols.Tls13)),
        [KestrelBenchServer.Plain] = _ => KestrelBenchServer.ServeAsync(KestrelBenchServer.Plain, identity: null),
        [KestrelBenchServer.Stock] = identity => KestrelBenchServer.ServeAsync(KestrelBenchServer.Stock, identity),
        [KestrelBenchServer.SynHello] = identity => KestrelBenchServer.ServeAsync(KestrelBenchServer.SynHello, identity),
    };

    public static IReadOnlyCollection<string> Names => Stacks.Keys;

    public abstract IPEndPoint EndPoint { get; }

    public static Task<BenchServer> StartAsync(string stack, X509Certificate2 identity) => Stacks[stack](identity);

    public abstract ValueTask DisposeAsync();
}
