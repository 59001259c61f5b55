using System.Security.Authentication;

using BenchmarkDotNet.Attributes;

using SynHello.Cli;

namespace SynHello.Benchmarks;

/// <summary>A write and the reads that take it, on an established connection over loopback.</summary>
[MemoryDiagnoser]
public class StreamBenchmarks
{
    private LoopbackContestant? _contestant;
    private Stream? _client;
    private Stream? _server;
    private byte[] _data = [];
    private byte[] _buffer = [];

    [Params("plain", "SslStream", "SynHello")]
    public string Stack { get; set; } = "";

    [Params(100, 4_096, 16_384)]
    public int Length { get; set; }

    [GlobalSetup]
    public async Task ConnectAsync()
    {
        var kind = new HandshakeKind(SslProtocols.Tls13);
        _contestant = Stack switch
        {
            "SynHello" => new SynHelloLoopback(kind),
            "SslStream" => new SslStreamLoopback(kind),
            _ => new PlainLoopback(),
        };
        (_client, _server) = await _contestant.ConnectAsync(CancellationToken.None);
        _data = new byte[Length];
        _buffer = new byte[Length];
    }

    [GlobalCleanup]
    public async Task DisconnectAsync()
    {
        await _client!.DisposeAsync();
        await _server!.DisposeAsync();
        await _contestant!.DisposeAsync();
    }

    [Benchmark]
    public async Task WriteAndRead()
    {
        await _client!.WriteAsync(_data);
        await _server!.ReadExactlyAsync(_buffer);
    }
}
