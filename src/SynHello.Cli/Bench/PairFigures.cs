namespace SynHello.Cli;

/// <summary>A sample of connections.</summary>
/// <param name="Cpu">CPU time in microseconds a connection.</param>
/// <param name="Rate">Connections a second, one after the other.</param>
internal readonly record struct PairFigures(double Cpu, double Rate);
