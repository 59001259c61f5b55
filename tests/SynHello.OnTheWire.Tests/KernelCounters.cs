namespace SynHello.OnTheWire.Tests;

/// <summary>What some of the kernel's counters have counted since this was made.</summary>
internal sealed class KernelCounters(params string[] names)
{
    private readonly Dictionary<string, long> _before = names.ToDictionary(name => name, KernelSockets.Counter);

    public Dictionary<string, long> Read() =>
        _before.ToDictionary(entry => entry.Key, entry => KernelSockets.Counter(entry.Key) - entry.Value);
}
