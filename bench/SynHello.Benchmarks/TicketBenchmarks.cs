using BenchmarkDotNet.Attributes;

namespace SynHello.Benchmarks;

/// <summary>Session tickets under a ring of keys.</summary>
[MemoryDiagnoser]
public class TicketBenchmarks
{
    private readonly SessionTicketKeyRing _keys = new();
    private readonly byte[] _content = new byte[100];
    private readonly byte[] _opened = new byte[100];
    private byte[] _ticket = [];
    private byte[] _sealed = [];

    [GlobalSetup]
    public void SealOne()
    {
        _ticket = new byte[_content.Length + _keys.MaximumOverhead];
        _sealed = new byte[_ticket.Length];
        _ = _keys.Seal(_content, _ticket);
    }

    [Benchmark]
    public int Seal() => _keys.Seal(_content, _sealed);

    [Benchmark]
    public bool Open() => _keys.TryOpen(_ticket, _opened, out _);
}
