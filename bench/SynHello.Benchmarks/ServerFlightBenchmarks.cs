using System.Buffers;

using BenchmarkDotNet.Attributes;

using SynHello.Cli;
using SynHello.Crypto;
using SynHello.Tls;
using SynHello.Wire;

namespace SynHello.Benchmarks;

/// <summary>A server's whole first flight, in answer to a ClientHello: nearly all that a full handshake costs it.</summary>
[MemoryDiagnoser]
public class ServerFlightBenchmarks
{
    private readonly ArrayBufferWriter<byte> _output = new(8192);
    private readonly ArrayBufferWriter<byte> _plaintext = new();
    private TlsServerConfiguration? _configuration;
    private byte[] _hello = [];

    [Params(false, true)]
    public bool IsRsa { get; set; }

    [GlobalSetup]
    public void Record()
    {
        TlsCredential credential = (IsRsa ? BenchIdentity.Rsa : BenchIdentity.Ecdsa).Credential;
        _configuration = new TlsServerConfiguration(DefaultCryptoProvider.Instance, [credential])
        {
            Versions = [ProtocolVersion.Tls13],
        };
        using var client = new TlsClientEngine(
            new TlsClientConfiguration(DefaultCryptoProvider.Instance), PairContestant.Host);
        client.Start(_output);
        _hello = _output.WrittenSpan.ToArray();
    }

    [Benchmark]
    public int FullHandshake()
    {
        _output.ResetWrittenCount();
        using var engine = new TlsServerEngine(_configuration!);
        _ = engine.Receive(_hello, _plaintext, _output);
        return _output.WrittenCount;
    }
}
