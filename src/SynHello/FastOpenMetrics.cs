using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;

using SynHello.Sockets;

namespace SynHello;

/// <summary>
/// What listeners tell of connections whose address is not proven, and of their retreat under load. The attributes name the listener,
/// never a peer. Thread-safe.
/// </summary>
internal sealed class FastOpenMetrics
{
    private static readonly ConditionalWeakTable<Meter, FastOpenMetrics> s_ofMeters = [];

    private readonly ConcurrentDictionary<FastOpenListener, KeyValuePair<string, object?>[]> _listeners = new();
    private readonly Counter<long> _steps;

    private FastOpenMetrics(Meter meter)
    {
        meter.CreateObservableUpDownCounter(
            "synhello.server.unproven_connections",
            () => Measure(listener => listener.UnprovenConnections),
            "{connection}",
            "Connections that were accepted before their address was proven, and wait for the proof.");
        meter.CreateObservableGauge(
            "synhello.server.fast_open.level",
            () => Measure(listener => (int)listener.CurrentMode),
            unit: null,
            "What is taken from SYNs: 2 without a cookie, 1 with one, 0 nothing. Lower than what was asked for: a retreat under load.");
        _steps = meter.CreateCounter<long>("synhello.server.fast_open.steps", "{step}", "Steps down under load, and up again.");
    }

    /// <summary>The instruments of a meter, one set for all its listeners.</summary>
    public static FastOpenMetrics Of(Meter meter) => s_ofMeters.GetValue(meter, static key => new FastOpenMetrics(key));

    /// <summary>Tells of a listener from now on.</summary>
    public void Add(FastOpenListener listener) => _listeners.TryAdd(
        listener,
        [
            new("server.address", listener.LocalEndPoint.Address.ToString()),
            new("server.port", listener.LocalEndPoint.Port),
        ]);

    /// <summary>Tells of it no more.</summary>
    public void Remove(FastOpenListener listener) => _listeners.TryRemove(listener, out _);

    /// <summary>A listener has made a step.</summary>
    public void Stepped(FastOpenModeChange change) => _steps.Add(
        1,
        new("synhello.direction", change.IsDown ? "down" : "up"),
        new("synhello.fast_open", HandshakeMetrics.NameOf(change.To)),
        new("synhello.reason", NameOf(change.Reason)));

    private IEnumerable<Measurement<long>> Measure(Func<FastOpenListener, long> value)
    {
        foreach ((FastOpenListener listener, KeyValuePair<string, object?>[] tags) in _listeners)
            yield return new Measurement<long>(value(listener), tags);
    }

    private static string NameOf(FastOpenStepReason reason) => reason switch
    {
        FastOpenStepReason.UnprovenConnections => "unproven_connections",
        FastOpenStepReason.QueueOverflow => "queue_overflow",
        FastOpenStepReason.SynQueueFull => "syn_queue_full",
        _ => "calm",
    };
}
