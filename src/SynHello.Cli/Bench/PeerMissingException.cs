namespace SynHello.Cli;

/// <summary>The peer of a benchmark is not on this machine: the benchmark is left out.</summary>
internal sealed class PeerMissingException(string benchmark, string peer)
    : Exception($"{benchmark} is left out: {peer} is not installed.")
{
    public string Benchmark { get; } = benchmark;

    public string Peer { get; } = peer;
}
