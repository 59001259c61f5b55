using BenchmarkDotNet.Attributes;

using SynHello.Wire;

namespace SynHello.Benchmarks;

/// <summary>Records of application data, by the engines of an established connection.</summary>
[MemoryDiagnoser]
public class RecordBenchmarks
{
    private EngineConnection? _connection;
    private byte[] _data = [];

    [Params("TLS_AES_128_GCM_SHA256", "TLS_CHACHA20_POLY1305_SHA256", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256")]
    public string Suite { get; set; } = "";

    [Params(100, 1_400, 16_384)]
    public int Length { get; set; }

    [GlobalSetup]
    public void Connect()
    {
        _connection = new EngineConnection(Suite switch
        {
            "TLS_AES_128_GCM_SHA256" => CipherSuite.TlsAes128GcmSha256,
            "TLS_CHACHA20_POLY1305_SHA256" => CipherSuite.TlsChaCha20Poly1305Sha256,
            _ => CipherSuite.TlsEcdheEcdsaWithAes128GcmSha256,
        });
        _data = new byte[Length];
    }

    [GlobalCleanup]
    public void Disconnect() => _connection?.Dispose();

    /// <summary>A record is opened only once, so that it takes a new one each time.</summary>
    [Benchmark]
    public int SealAndOpen()
    {
        _ = _connection!.Seal(_data);
        return _connection.Open();
    }
}
