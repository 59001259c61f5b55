using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Net.Sockets;

using SynHello.Sockets;
using SynHello.Tls;
using SynHello.Wire;

namespace SynHello;

/// <summary>
/// What a client or a listener tells of its handshakes. Named as OpenTelemetry's conventions would have it; no attribute
/// names a peer, so that a million of them make no million series. Costs nothing while nobody listens. Thread-safe.
/// </summary>
internal sealed class HandshakeMetrics
{
    /// <summary>The meter's name, for whoever subscribes.</summary>
    public const string MeterName = "SynHello";

    /// <summary>The buckets that OpenTelemetry advises for what HTTP takes, in seconds. In front of what uses them.</summary>
    private static readonly double[] s_seconds =
        [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];

    private static readonly Meter s_meter = new(MeterName);
    private static readonly HandshakeMetrics s_client = new(s_meter, "client");
    private static readonly HandshakeMetrics s_server = new(s_meter, "server");

    private readonly Histogram<double> _duration;
    private readonly UpDownCounter<long> _active;
    private readonly Counter<long>? _synOverflow;
    private readonly Counter<long>? _sentUnproven;
    private readonly Counter<long>? _heldBack;
    private readonly Counter<long>? _fallbacks;
    private readonly Histogram<int>? _roundTrips;

    private HandshakeMetrics(Meter meter, string side)
    {
        Meter = meter;
        _duration = meter.CreateHistogram(
            $"synhello.{side}.handshake.duration",
            "s",
            side == "client"
                ? "From the beginning of dialing to a connection that is handed out, or a failure."
                : "From accept to a connection that is handed out, with early data before its handshake is complete, or a failure.",
            advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = s_seconds });
        _active = meter.CreateUpDownCounter<long>(
            $"synhello.{side}.active_handshakes", "{handshake}", "Handshakes under way.");
        if (side == "client")
        {
            _synOverflow = meter.CreateCounter<long>(
                "synhello.client.syn_overflow", "By", "Bytes of first flights that did not fit into their SYN.");
            _roundTrips = meter.CreateHistogram(
                "synhello.client.round_trips",
                "{round_trip}",
                "Round trips that passed before the request could be sent, TCP's included.",
                advice: new InstrumentAdvice<int> { HistogramBucketBoundaries = [0, 1, 2, 3, 4] });
            _fallbacks = meter.CreateCounter<long>(
                "synhello.client.fast_open.fallbacks",
                "{connection}",
                "Connections with Fast Open that gave way to plain ones, so that the path is left alone for a while.");
        }
        else
        {
            _sentUnproven = meter.CreateCounter<long>(
                "synhello.server.unproven.sent", "By", "Bytes sent to addresses before they were proven: a round trip sooner.");
            _heldBack = meter.CreateCounter<long>(
                "synhello.server.unproven.held_back", "By", "Bytes that had to wait until an address was proven.");
        }
    }

    /// <summary>The meter that made them.</summary>
    public Meter Meter { get; }

    /// <summary>The instruments of clients.</summary>
    /// <param name="factory">Makes the meter; null takes the process's.</param>
    public static HandshakeMetrics OfClients(IMeterFactory? factory) =>
        factory is null ? s_client : new HandshakeMetrics(factory.Create(MeterName), "client");

    /// <summary>The instruments of listeners.</summary>
    /// <param name="factory">Makes the meter; null takes the process's.</param>
    public static HandshakeMetrics OfListeners(IMeterFactory? factory) =>
        factory is null ? s_server : new HandshakeMetrics(factory.Create(MeterName), "server");

    /// <summary>A handshake has begun; <see cref="Completed"/> or <see cref="Failed"/> has to follow.</summary>
    public void Begin() => _active.Add(1);

    /// <summary>A connection is handed out.</summary>
    public void Completed(HandshakeReport report, TimeSpan time)
    {
        _active.Add(-1);
        if (report.SynOverflowBytes > 0)
            _synOverflow?.Add(report.SynOverflowBytes);
        if (!_duration.Enabled && _roundTrips is not { Enabled: true })
            return;
        var tags = new TagList
        {
            { "tls.protocol.version", report.Version == ProtocolVersion.Tls13 ? "1.3" : "1.2" },
            { "tls.resumed", report.IsResumed },
            { "synhello.fast_open", NameOf(report.FastOpen) },
            { "synhello.early_data", NameOf(report.EarlyData) },
        };
        _duration.Record(time.TotalSeconds, tags);
        _roundTrips?.Record(report.RoundTripsUntilRequest, tags);
    }

    /// <summary>A connection with Fast Open gave way to a plain one.</summary>
    public void FellBack(FastOpenFallbackReason reason) => _fallbacks?.Add(
        1,
        new KeyValuePair<string, object?>(
            "synhello.fallback.reason",
            reason switch
            {
                FastOpenFallbackReason.NotAnswered => "not_answered",
                FastOpenFallbackReason.Refused => "refused",
                FastOpenFallbackReason.Reset => "reset",
                _ => "silent",
            }));

    /// <summary>There is no connection.</summary>
    /// <param name="exception">Why; its cause is told, not its message.</param>
    /// <param name="time">How long it took.</param>
    public void Failed(Exception exception, TimeSpan time)
    {
        _active.Add(-1);
        if (_duration.Enabled)
            _duration.Record(time.TotalSeconds, new KeyValuePair<string, object?>("error.type", ErrorType(exception)));
    }

    /// <summary>Bytes are sent to an address that is not proven.</summary>
    public void SentUnproven(int count) => _sentUnproven?.Add(count);

    /// <summary>Bytes wait until the address is proven.</summary>
    public void HeldBack(int count) => _heldBack?.Add(count);

    /// <summary>The cause of a failure as an attribute's value.</summary>
    public static string ErrorType(Exception exception) => exception switch
    {
        TlsProtocolException failure => failure.Cause.ToString(),
        SocketException failure => failure.SocketErrorCode.ToString(),
        OperationCanceledException => "Canceled",
        { InnerException: TlsProtocolException or SocketException } => ErrorType(exception.InnerException),
        _ => exception.GetType().FullName!,
    };

    /// <summary>A mode as an attribute's value.</summary>
    public static string NameOf(FastOpenMode mode) => mode switch
    {
        FastOpenMode.Off => "off",
        FastOpenMode.Cookie => "cookie",
        _ => "cookieless",
    };

    /// <summary>An outcome as an attribute's value.</summary>
    public static string NameOf(FastOpenOutcome outcome) => outcome switch
    {
        FastOpenOutcome.Off => "off",
        FastOpenOutcome.Cookie => "cookie",
        FastOpenOutcome.Cookieless => "cookieless",
        FastOpenOutcome.CookieRequested => "cookie_requested",
        FastOpenOutcome.Ignored => "ignored",
        FastOpenOutcome.Fallback => "fallback",
        FastOpenOutcome.Unsupported => "unsupported",
        _ => "pending",
    };

    /// <summary>What became of early data, as an attribute's value.</summary>
    public static string NameOf(EarlyDataStatus status) => status switch
    {
        EarlyDataStatus.Accepted => "accepted",
        EarlyDataStatus.Rejected => "rejected",
        EarlyDataStatus.Offered => "offered",
        _ => "none",
    };
}
