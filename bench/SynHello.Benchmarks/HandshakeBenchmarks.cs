using BenchmarkDotNet.Attributes;

using SynHello.Cli;

namespace SynHello.Benchmarks;

/// <summary>Handshakes of both ends in memory, beside SslStream's. Each end alone is measured by "synhello bench".</summary>
[MemoryDiagnoser]
public class HandshakeBenchmarks
{
    private EnginesInMemory? _engines;
    private SslStreamInMemory? _sslStreams;

    [Params("tls13-full", "tls13-resumed", "tls13-rsa-full", "tls12-full", "tls12-resumed")]
    public string Kind { get; set; } = "";

    [GlobalSetup]
    public async Task PrepareAsync()
    {
        _engines = new EnginesInMemory(HandshakeKind.Of(Kind));
        _sslStreams = new SslStreamInMemory(HandshakeKind.Of(Kind));
        await _engines.PrepareAsync(CancellationToken.None);
        await _sslStreams.PrepareAsync(CancellationToken.None);
    }

    [Benchmark(Baseline = true)]
    public Task SslStreamPair() => _sslStreams!.ConnectAndCloseAsync(CancellationToken.None);

    [Benchmark]
    public Task SynHelloPair() => _engines!.ConnectAndCloseAsync(CancellationToken.None);
}
