using System.Diagnostics;
using System.Net;
using System.Security.Authentication;

using SynHello.Sockets;

namespace SynHello.Tests;

/// <summary>The spans of connections, as somebody sees them who listens to the source.</summary>
public sealed class ConnectionActivityTests : IDisposable
{
    private readonly ActivitySource _source = new("SynHello.Tests");
    private readonly List<Activity> _stopped = [];
    private readonly ActivityListener _listener;
    private readonly Activity _test;

    public ConnectionActivityTests()
    {
        _listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name is "SynHello" or "SynHello.Tests",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = Note,
        };
        ActivitySource.AddActivityListener(_listener);
        _test = _source.StartActivity("test")!;
    }

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _test.Dispose();
        _listener.Dispose();
        _source.Dispose();
    }

    [Fact]
    public async Task Connections_SayWhichRoundTripsTheyPaidAndWhy()
    {
        await using SecureListener listener = EarlyVisits.Listen(options => options.FastOpen = FastOpenMode.Cookie);
        SecureClient client = SecurePair.MakeClient(options => options.FastOpen = FastOpenMode.Cookie);
        HandshakeReport first = await VisitAsync(listener, client);
        HandshakeReport second = await VisitAsync(listener, client, EarlyVisits.Request);
        HandshakeReport long_ = await VisitAsync(listener, client, new byte[80_000]);

        Activity[] spans = Of("SynHello.Connect");
        Assert.All(spans, span => Assert.Equal(
            ($"connection_setup {SecurePair.Host}:{listener.LocalEndPoint.Port}", ActivityKind.Internal, ActivityStatusCode.Unset, _test.SpanId),
            (span.DisplayName, span.Kind, span.Status, span.ParentSpanId)));
        Assert.All(spans, span => Assert.Equal(
            [
                SecurePair.Host, listener.LocalEndPoint.Port, "tcp", "ipv4", listener.LocalEndPoint.Address.ToString(), listener.LocalEndPoint.Port,
                true, "tls", "1.3", first.CipherSuite.ToString(), first.Group.ToString(),
            ],
            Tags(
                span,
                "server.address", "server.port", "network.transport", "network.type", "network.peer.address", "network.peer.port",
                "tls.established", "tls.protocol.name", "tls.protocol.version", "tls.cipher", "tls.curve")));
        string[] told =
        [
            "tls.resumed", "synhello.fast_open", "synhello.syn_data.size", "synhello.early_data", "synhello.early_data.reason", "synhello.round_trips",
        ];
        Assert.Equal([false, "cookie_requested", 0, "none", null, 2], Tags(spans[0], told));
        Assert.Equal([true, "cookie", second.SynDataBytes, "accepted", null, 0], Tags(spans[1], told));
        Assert.Equal([true, "cookie", long_.SynDataBytes, "accepted", null, 1], Tags(spans[2], told));
        Assert.Equal(["tcp_handshake", "tls_handshake"], Reasons(spans[0]));
        Assert.Empty(Reasons(spans[1]));
        Assert.Equal(["syn_overflow"], Reasons(spans[2]));
        Assert.Equal(long_.SynOverflowBytes, spans[2].GetTagItem("synhello.syn_overflow.size"));

        Activity[] parts = Of("SynHello.SocketConnect");
        Assert.Equal(spans.Select(span => span.SpanId), parts.Select(part => part.ParentSpanId));
        Assert.Equal(first.ConnectTime, parts[0].Duration);
        Assert.Equal(first.HandshakeTime, Of("SynHello.TlsHandshake")[0].Duration);
        Assert.Equal(spans[0].StartTimeUtc + first.ConnectTime, Of("SynHello.TlsHandshake")[0].StartTimeUtc);
    }

    [Fact]
    public async Task EarlyDataThatStaysBehind_SaysWhy()
    {
        await using SecureListener listener = EarlyVisits.Listen(options => options.FastOpen = FastOpenMode.Off);
        SecureClient client = SecurePair.MakeClient(options => options.FastOpen = FastOpenMode.Off);

        await VisitAsync(listener, client, EarlyVisits.Request);

        Activity span = Assert.Single(Of("SynHello.Connect"));
        Assert.Equal(["none", "no_session", 2], Tags(span, "synhello.early_data", "synhello.early_data.reason", "synhello.round_trips"));
    }

    [Fact]
    public async Task Failure_IsToldByItsCause()
    {
        await using SecureListener listener = EarlyVisits.Listen();
        SecureClient client = SecurePair.MakeClient(options => options.FastOpen = FastOpenMode.Off);

        await Assert.ThrowsAsync<AuthenticationException>(() =>
            client.ConnectAsync(listener.LocalEndPoint, "other.example", Cancelled).AsTask());

        Activity span = Assert.Single(Of("SynHello.Connect"));
        Assert.Equal(["other.example", "CertificateNameMismatch", null], Tags(span, "server.address", "error.type", "tls.established"));
        Assert.Equal(ActivityStatusCode.Error, span.Status);
        Assert.Contains("other.example", span.StatusDescription, StringComparison.Ordinal);
        Assert.Empty(Of("SynHello.TlsHandshake"));
    }

    private static object?[] Tags(Activity span, params string[] names) => [.. names.Select(span.GetTagItem)];

    private static string[] Reasons(Activity span)
    {
        string[] reasons = Assert.IsType<string[]>(span.GetTagItem("synhello.round_trips.reasons"));
        Assert.Equal(span.GetTagItem("synhello.round_trips"), reasons.Length);
        return reasons;
    }

    private static async Task<HandshakeReport> VisitAsync(
        SecureListener listener, SecureClient client, ReadOnlyMemory<byte> earlyData = default)
    {
        await using SecureStream stream = await client.ConnectAsync((EndPoint)listener.LocalEndPoint, SecurePair.Host, earlyData, Cancelled);
        await stream.FlushAsync(Cancelled);
        await using SecureStream server = await listener.AcceptAsync(Cancelled);
        await server.CompleteHandshakeAsync(Cancelled);
        return stream.Report;
    }

    private Activity[] Of(string operation)
    {
        lock (_stopped)
            return [.. _stopped.Where(activity => activity.OperationName == operation)];
    }

    /// <summary>Other tests connect too.</summary>
    private void Note(Activity activity)
    {
        if (activity.TraceId != _test?.TraceId)
            return;
        lock (_stopped)
            _stopped.Add(activity);
    }
}
