using System.Buffers;

using BenchmarkDotNet.Attributes;

using SynHello.Cli;
using SynHello.Crypto;
using SynHello.Tls;
using SynHello.Wire;

namespace SynHello.Benchmarks;

/// <summary>A ClientHello, made with its key share, and read.</summary>
[MemoryDiagnoser]
public class ClientHelloBenchmarks
{
    private const int Headers = 5 + 4; // of the record and of the message

    private readonly TlsClientConfiguration _configuration = new(DefaultCryptoProvider.Instance);
    private readonly ArrayBufferWriter<byte> _output = new(4096);
    private byte[] _hello = [];

    [GlobalSetup]
    public void Record()
    {
        _ = Build();
        _hello = _output.WrittenSpan[Headers..].ToArray();
    }

    [Benchmark]
    public int Build()
    {
        _output.ResetWrittenCount();
        using var engine = new TlsClientEngine(_configuration, PairContestant.Host);
        engine.Start(_output);
        return _output.WrittenCount;
    }

    [Benchmark]
    public int Parse() => ClientHello.Parse(_hello).ServerName.Length;
}
