using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;

using SynHello.Sockets;
using SynHello.Sockets.Tests;
using SynHello.Testing;

namespace SynHello.Tests;

public sealed class HandshakeMetricsTests : IDisposable
{
    private const string ClientDuration = "synhello.client.handshake.duration";
    private const string ServerDuration = "synhello.server.handshake.duration";

    private readonly RecordedMetrics _client = new();
    private readonly RecordedMetrics _server = new();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _client.Dispose();
        _server.Dispose();
    }

    [Fact]
    public async Task Handshakes_AreToldByKind()
    {
        await using SecureListener listener = Listen(FastOpenMode.Cookie);
        SecureClient client = MakeClient(FastOpenMode.Cookie);
        await VisitAsync(listener, client);
        await VisitAsync(listener, client, EarlyVisits.Request);

        Assert.Equal(
            [
                "synhello.early_data=none synhello.fast_open=cookie_requested tls.protocol.version=1.3 tls.resumed=False",
                "synhello.early_data=accepted synhello.fast_open=cookie tls.protocol.version=1.3 tls.resumed=True",
            ],
            _client.Of(ClientDuration).Select(measurement => measurement.Tags));
        Assert.Equal(
            [
                "synhello.early_data=none synhello.fast_open=off tls.protocol.version=1.3 tls.resumed=False",
                "synhello.early_data=accepted synhello.fast_open=cookie tls.protocol.version=1.3 tls.resumed=True",
            ],
            _server.Of(ServerDuration).Select(measurement => measurement.Tags));
        Assert.Equal([2, 0], _client.Of("synhello.client.round_trips").Select(measurement => (int)measurement.Value));
        Assert.All(_client.Of(ClientDuration), measurement => Assert.InRange(measurement.Value, 0, 60));
        AssertNoneUnderWay(2);
    }

    [Fact]
    public async Task Failures_AreToldByCause()
    {
        await using SecureListener listener = Listen(FastOpenMode.Off);
        SecureClient client = MakeClient(FastOpenMode.Off);
        await Assert.ThrowsAsync<AuthenticationException>(() =>
            client.ConnectAsync(listener.LocalEndPoint, "other.example", Cancelled).AsTask());
        var nobody = new IPEndPoint(PrivateNetwork.NextAddress(AddressFamily.InterNetwork), 1);
        await Assert.ThrowsAsync<SocketException>(() => client.ConnectAsync(nobody, SecurePair.Host, Cancelled).AsTask());
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            client.ConnectAsync(listener.LocalEndPoint, SecurePair.Host, new CancellationToken(canceled: true)).AsTask());

        Assert.Equal(
            ["error.type=CertificateNameMismatch", "error.type=ConnectionRefused", "error.type=Canceled"],
            _client.Of(ClientDuration).Select(measurement => measurement.Tags));
        await VisitAsync(listener, client); // the listener's first failure is told by then, or not at all
        await listener.DisposeAsync();
        Assert.Contains(_server.Of(ServerDuration), measurement => measurement.Tags == "error.type=PeerAlert");
        Assert.Equal(0, Sum(_client.Of("synhello.client.active_handshakes")));
        Assert.Equal(0, Sum(_server.Of("synhello.server.active_handshakes")));
    }

    [Fact]
    public async Task WhatDoesNotFitTheSyn_IsTold()
    {
        await using SecureListener listener = Listen(FastOpenMode.Cookieless);
        SecureClient client = MakeClient(FastOpenMode.Cookieless);
        await VisitAsync(listener, client);
        Assert.Empty(_client.Of("synhello.client.syn_overflow"));

        HandshakeReport report = await VisitAsync(listener, client, new byte[8000]);
        Assert.True(report.SynOverflowBytes > 0);
        Assert.Equal(report.SynOverflowBytes, Sum(_client.Of("synhello.client.syn_overflow")));
    }

    private SecureListener Listen(FastOpenMode mode) => EarlyVisits.Listen(options =>
    {
        options.FastOpen = mode;
        options.MeterFactory = _server;
    });

    private SecureClient MakeClient(FastOpenMode mode) => SecurePair.MakeClient(options =>
    {
        options.FastOpen = mode;
        options.MeterFactory = _client;
    });

    private static async Task<HandshakeReport> VisitAsync(
        SecureListener listener, SecureClient client, ReadOnlyMemory<byte> earlyData = default)
    {
        await using SecureStream stream = await client.ConnectAsync(
            listener.LocalEndPoint, SecurePair.Host, earlyData, Cancelled);
        await stream.FlushAsync(Cancelled);
        await using SecureStream server = await listener.AcceptAsync(Cancelled);
        await server.CompleteHandshakeAsync(Cancelled);
        return stream.Report;
    }

    private static double Sum(RecordedMetrics.Measurement[] measurements) => measurements.Sum(measurement => measurement.Value);

    private void AssertNoneUnderWay(int handshakes)
    {
        foreach ((RecordedMetrics metrics, string side) in new[] { (_client, "client"), (_server, "server") })
        {
            RecordedMetrics.Measurement[] active = metrics.Of($"synhello.{side}.active_handshakes");
            Assert.Equal(handshakes, active.Count(measurement => measurement.Value == 1));
            Assert.Equal(0, Sum(active));
        }
    }
}
