using System.Diagnostics.Metrics;

namespace SynHello.Http;

/// <summary>What handlers tell of requests that they sent once more.</summary>
internal sealed class RetryMetrics
{
    private const string MeterName = "SynHello";

    private static readonly RetryMetrics s_shared = new(new Meter(MeterName));

    private readonly Counter<long> _tooEarly;

    private RetryMetrics(Meter meter) => _tooEarly = meter.CreateCounter<long>(
        "synhello.client.http.too_early", "{request}", "Early requests that were answered 425 and sent once more behind the handshake.");

    /// <summary>The instruments of a meter.</summary>
    /// <param name="factory">Makes it; null takes the process's.</param>
    public static RetryMetrics Of(IMeterFactory? factory) =>
        factory is null ? s_shared : new RetryMetrics(factory.Create(MeterName));

    /// <summary>A request is sent once more.</summary>
    public void TooEarly() => _tooEarly.Add(1);
}
