namespace SynHello.Cli;

/// <summary>One line of the result, as the command line's contract names its fields.</summary>
/// <param name="Name">The benchmark.</param>
/// <param name="Metric">What is measured: "cpu-us" (less is better) or "MB/s" (more is better).</param>
/// <param name="Synhello">This stack's median.</param>
/// <param name="Peer">The other stack.</param>
/// <param name="PeerValue">Its median, from the same run.</param>
/// <param name="Limit">What nothing can beat: the bare cryptography and plain TCP.</param>
internal sealed record BenchmarkResult(string Name, string Metric, double Synhello, string Peer, double PeerValue, double Limit)
{
    /// <summary>SynHello / peer.</summary>
    public double Ratio => Synhello / PeerValue;

    /// <summary>
    /// Operations a second of wall-clock time, one after the other; null where the metric says it already.
    /// </summary>
    public double? SynhelloPerSecond { get; init; }

    /// <summary>The same of the peer.</summary>
    public double? PeerPerSecond { get; init; }
}
