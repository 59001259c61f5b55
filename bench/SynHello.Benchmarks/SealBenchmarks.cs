using System.Security.Cryptography;

using BenchmarkDotNet.Attributes;

using SynHello.Wire;

namespace SynHello.Benchmarks;

/// <summary>Sealing a record, beside .NET's own cipher with nothing around it.</summary>
[MemoryDiagnoser]
public class SealBenchmarks
{
    private readonly byte[] _nonce = new byte[12];
    private readonly byte[] _header = new byte[5];
    private readonly byte[] _tag = new byte[16];
    private EngineConnection? _connection;
    private AesGcm? _cipher;
    private byte[] _data = [];
    private byte[] _sealed = [];

    [Params(100, 1_400, 16_384)]
    public int Length { get; set; }

    [GlobalSetup]
    public void Connect()
    {
        _connection = new EngineConnection(CipherSuite.TlsAes128GcmSha256);
        _cipher = new AesGcm(new byte[16], _tag.Length);
        _data = new byte[Length];
        _sealed = new byte[Length];
    }

    [GlobalCleanup]
    public void Disconnect()
    {
        _connection?.Dispose();
        _cipher?.Dispose();
    }

    [Benchmark(Baseline = true)]
    public void DotNetCipher() => _cipher!.Encrypt(_nonce, _data, _sealed, _tag, _header);

    [Benchmark]
    public int Record() => _connection!.Seal(_data);
}
