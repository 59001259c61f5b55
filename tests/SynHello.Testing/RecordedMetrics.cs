using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace SynHello.Testing;

/// <summary>The meters of one test, and all that they were told.</summary>
public sealed class RecordedMetrics : IMeterFactory
{
    private readonly MeterListener _listener = new();
    private readonly ConcurrentQueue<Measurement> _measurements = [];
    private readonly ConcurrentBag<Meter> _meters = [];

    /// <summary>Listens from now on.</summary>
    public RecordedMetrics()
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (_meters.Contains(instrument.Meter))
                listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<double>(Record);
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, state) => Record(instrument, value, tags, state));
        _listener.SetMeasurementEventCallback<int>((instrument, value, tags, state) => Record(instrument, value, tags, state));
        _listener.Start();
    }

    /// <inheritdoc/>
    public Meter Create(MeterOptions options)
    {
        options.Scope = this;
        var meter = new Meter(options);
        _meters.Add(meter);
        return meter;
    }

    /// <summary>What an instrument was told.</summary>
    public Measurement[] Of(string instrument) => [.. _measurements.Where(measurement => measurement.Instrument == instrument)];

    /// <summary>Asks the instruments that tell nothing by themselves.</summary>
    public void Observe() => _listener.RecordObservableInstruments();

    /// <summary>What an instrument was told, all in all.</summary>
    public long Sum(string instrument) => (long)Of(instrument).Sum(measurement => measurement.Value);

    /// <inheritdoc/>
    public void Dispose()
    {
        _listener.Dispose();
        foreach (Meter meter in _meters)
            meter.Dispose();
    }

    private void Record(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags, object? state) =>
        _measurements.Enqueue(new Measurement(
            instrument.Name,
            value,
            string.Join(' ', tags.ToArray().OrderBy(tag => tag.Key, StringComparer.Ordinal).Select(tag => $"{tag.Key}={tag.Value}"))));

    /// <summary>One thing that an instrument was told.</summary>
    public sealed record Measurement(string Instrument, double Value, string Tags);
}
