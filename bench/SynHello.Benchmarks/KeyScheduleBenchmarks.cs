using BenchmarkDotNet.Attributes;

using SynHello.Crypto;
using SynHello.Tls;
using SynHello.Wire;

namespace SynHello.Benchmarks;

/// <summary>The key schedule of one side of a full handshake (RFC 8446 section 7.1): what it derives up to both Finished.</summary>
[MemoryDiagnoser]
public class KeyScheduleBenchmarks
{
    private readonly byte[] _sharedSecret = new byte[32];
    private readonly byte[] _hash = new byte[32];
    private readonly byte[] _client = new byte[32];
    private readonly byte[] _server = new byte[32];
    private readonly byte[] _finished = new byte[32];

    [Benchmark]
    public byte FullHandshake()
    {
        using var keys = new KeySchedule(DefaultCryptoProvider.Instance, CipherSuite.TlsAes128GcmSha256);
        keys.EnterEarly([]);
        keys.EnterHandshake(_sharedSecret);
        keys.DeriveSecret("c hs traffic"u8, _hash, _client);
        keys.DeriveSecret("s hs traffic"u8, _hash, _server);
        keys.ComputeFinished(_server, _hash, _finished);
        keys.ComputeFinished(_client, _hash, _finished);
        keys.EnterMaster();
        keys.DeriveSecret("c ap traffic"u8, _hash, _client);
        keys.DeriveSecret("s ap traffic"u8, _hash, _server);
        keys.DeriveExporter(_hash);
        keys.EnterResumption(_hash);
        return _finished[0];
    }
}
