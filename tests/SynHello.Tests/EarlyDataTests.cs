using System.Net.Security;

using SynHello.Sockets;
using SynHello.Tls;
using SynHello.Wire;

namespace SynHello.Tests;

/// <summary>Early data of the client, with a server that takes it and others that do not.</summary>
public sealed class EarlyDataTests : IDisposable
{
    private static readonly byte[] Request = "GET / HTTP/1.1\r\nHost: example.com\r\n\r\n"u8.ToArray();

    private readonly ReturningServer _server = new();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public void Dispose() => _server.Dispose();

    [Fact]
    public async Task OverTcp_RequestIsSentAfterOneRoundTrip()
    {
        SecureClient client = await MakeReturningAsync(_server, options => options.FastOpen = FastOpenMode.Off);

        HandshakeReport report = await AssertAcceptedAsync(_server, client, Request);

        Assert.Equal((1, 2), (report.RoundTripsUntilRequest, report.RoundTripsUntilFirstByte));
        Assert.Null(report.SynRoom);
        Assert.Equal(0, report.SynOverflowBytes);
        Assert.InRange(report.FirstFlightBytes - report.ClientHelloBytes, Request.Length + 22, Request.Length + 22 + 6);
    }

    [Fact]
    public async Task InTheSyn_RequestIsSentAfterNone()
    {
        using var server = new ReturningServer(FastOpenMode.Cookieless);
        SecureClient client = await MakeReturningAsync(server, options => options.FastOpen = FastOpenMode.Cookieless);

        HandshakeReport report = await AssertAcceptedAsync(server, client, Request);

        Assert.Equal((0, 1), (report.RoundTripsUntilRequest, report.RoundTripsUntilFirstByte));
        Assert.Equal(FastOpenOutcome.Cookieless, report.FastOpen);
        Assert.Equal(report.FirstFlightBytes, report.SynDataBytes);
        Assert.Equal(SynBudget.IPv4, report.SynRoom);
        Assert.Equal(0, report.SynOverflowBytes);
        Assert.Equal(0, report.DroppedKeyShares);
    }

    [Fact]
    public async Task MoreThanTheSynHolds_CostsARoundTripAndIsSaid()
    {
        using var server = new ReturningServer(FastOpenMode.Cookieless);
        SecureClient client = await MakeReturningAsync(server, options => options.FastOpen = FastOpenMode.Cookieless);

        HandshakeReport report = await AssertAcceptedAsync(server, client, Exchange.Bytes(5000));

        Assert.Equal(1, report.RoundTripsUntilRequest);
        Assert.Equal(SynBudget.IPv4, report.SynDataBytes);
        Assert.Equal(report.FirstFlightBytes - SynBudget.IPv4, report.SynOverflowBytes);
        Assert.InRange(report.SynOverflowBytes, 3500, 5000);
    }

    [Fact]
    public async Task SessionThatDoesNotFitTheSyn_IsDroppedUnlessEarlyDataNeedsIt()
    {
        SslApplicationProtocol[] protocols =
            [.. Enumerable.Range(0, 11).Select(i => new SslApplicationProtocol($"{i:000}{new string('p', 99)}"))];
        using var server = new ReturningServer(FastOpenMode.Cookieless) { Protocols = [protocols[0]], TicketCount = 4 };
        SecureClient client = await MakeReturningAsync(
            server, options => (options.FastOpen, options.ApplicationProtocols) = (FastOpenMode.Cookieless, [.. protocols]));

        Task<ServerVisit> accepting = server.AcceptAsync();
        ValueTask<SecureStream> connecting = client.ConnectAsync(server.EndPoint, SecurePair.Host, Cancelled);
        using ServerVisit visit = await accepting;
        await visit.AnswerAsync();
        await using SecureStream stream = await connecting.Guarded();
        Assert.True(stream.Report.SessionDropped);
        Assert.False(stream.Report.IsResumed);
        Assert.Equal(0, stream.Report.SynOverflowBytes);
        Assert.Equal(1, stream.Report.RoundTripsUntilRequest);

        HandshakeReport early = await AssertAcceptedAsync(server, client, Request);
        Assert.False(early.SessionDropped);
        Assert.Equal(early.FirstFlightBytes - SynBudget.IPv4, early.SynOverflowBytes);
        Assert.InRange(early.SynOverflowBytes, 1, 1000);
        Assert.Equal(1, early.RoundTripsUntilRequest);
    }

    [Fact]
    public async Task Rejected_IsSentOnceWithTheFinished()
    {
        SecureClient client = await MakeReturningAsync(_server);
        _server.TakesEarlyData = false;

        HandshakeReport report = await AssertSentAfterwardsAsync(_server, client, Request, flights: 2);

        Assert.Equal(EarlyDataStatus.Rejected, report.EarlyData);
        Assert.Equal(EarlyDataReason.RejectedByServer, report.EarlyDataReason);
        Assert.True(report.IsResumed);
        Assert.Equal(2, report.RoundTripsUntilRequest);
    }

    [Fact]
    public async Task RejectedWithItsSession_IsSentOnceAfterAFullHandshake()
    {
        SecureClient client = await MakeReturningAsync(_server);
        _server.ForgetTickets();

        HandshakeReport report = await AssertSentAfterwardsAsync(_server, client, Request, flights: 2);

        Assert.Equal((EarlyDataStatus.Rejected, EarlyDataReason.RejectedByServer), (report.EarlyData, report.EarlyDataReason));
        Assert.False(report.IsResumed);
    }

    [Fact]
    public async Task RetriedHello_HasTheDataSentOnceAfterwards()
    {
        SecureClient client = await MakeReturningAsync(
            _server, options => options.Groups = [NamedGroup.Secp256r1, NamedGroup.X25519]);
        _server.Groups = [NamedGroup.X25519];

        HandshakeReport report = await AssertSentAfterwardsAsync(_server, client, Request, flights: 3);

        Assert.Equal(EarlyDataStatus.Rejected, report.EarlyData);
        Assert.Equal(EarlyDataReason.HelloRetryRequested, report.EarlyDataReason);
        Assert.True(report.HelloRetryRequested);
        Assert.Equal(3, report.RoundTripsUntilRequest);
    }

    [Fact]
    public async Task FirstVisit_SendsItAfterwards()
    {
        SecureClient client = SecurePair.MakeClient();

        HandshakeReport report = await AssertSentAfterwardsAsync(_server, client, Request, flights: 2);

        Assert.Equal(EarlyDataStatus.None, report.EarlyData);
        Assert.Equal(EarlyDataReason.NoSession, report.EarlyDataReason);
        Assert.False(report.IsResumed);
    }

    [Fact]
    public async Task WithoutResumption_SendsItAfterwards()
    {
        SecureClient client = await MakeReturningAsync(_server, options => options.AllowResumption = false);

        HandshakeReport report = await AssertSentAfterwardsAsync(_server, client, Request, flights: 2);

        Assert.Equal(EarlyDataReason.NoSession, report.EarlyDataReason);
        Assert.False(report.IsResumed);
    }

    [Theory]
    [InlineData(0, EarlyDataReason.NotAllowedBySession)]
    [InlineData(36, EarlyDataReason.LongerThanSessionAllows)]
    public async Task MoreThanTheServerTakes_IsSentAfterwards(int maximum, EarlyDataReason reason)
    {
        _server.MaximumEarlyData = maximum;
        SecureClient client = await MakeReturningAsync(_server);

        HandshakeReport report = await AssertSentAfterwardsAsync(_server, client, Request[..37], flights: 2);

        Assert.Equal((EarlyDataStatus.None, reason), (report.EarlyData, report.EarlyDataReason));
        Assert.True(report.IsResumed);
    }

    [Fact]
    public async Task AsMuchAsTheServerTakes_GoesEarly()
    {
        _server.MaximumEarlyData = 37;
        SecureClient client = await MakeReturningAsync(_server);

        await AssertAcceptedAsync(_server, client, Request[..37]);
    }

    [Fact]
    public async Task Large_IsSentWholeEitherWay()
    {
        byte[] data = Exchange.Bytes(300_000);
        _server.MaximumEarlyData = data.Length;
        SecureClient client = await MakeReturningAsync(_server);

        await AssertAcceptedAsync(_server, client, data);
        _server.TakesEarlyData = false;
        await AssertSentAfterwardsAsync(_server, client, data, flights: null);
    }

    [Fact]
    public async Task SessionOfAnotherProtocol_MeansSentAfterwards()
    {
        _server.Protocols = [SslApplicationProtocol.Http11];
        SecureClient client = await MakeReturningAsync(_server, Offer);
        _server.Protocols = [SslApplicationProtocol.Http2];

        HandshakeReport report = await AssertSentAfterwardsAsync(_server, client, Request, flights: 2);

        Assert.Equal((EarlyDataStatus.None, EarlyDataReason.ApplicationProtocolDiffers), (report.EarlyData, report.EarlyDataReason));
        Assert.Equal(SslApplicationProtocol.Http2, report.ApplicationProtocol);
    }

    [Fact]
    public async Task ServerThatChoosesAnotherProtocol_IsSentNothing()
    {
        _server.Protocols = [SslApplicationProtocol.Http2];
        SecureClient client = await MakeReturningAsync(_server, Offer);
        _server.Protocols = [SslApplicationProtocol.Http11];

        Task<ServerVisit> accepting = _server.AcceptAsync();
        ValueTask<SecureStream> connecting = client.ConnectAsync(_server.EndPoint, SecurePair.Host, Request, Cancelled);
        using ServerVisit visit = await accepting;
        await visit.AnswerAsync();
        await using (SecureStream stream = await connecting.Guarded())
        {
            Assert.Equal(EarlyDataStatus.Rejected, stream.Report.EarlyData);
            Assert.False(stream.Report.EarlyDataSent);
            Assert.Equal(Request.Length, stream.Report.EarlyDataBytes);
            Assert.Equal(SslApplicationProtocol.Http11, stream.NegotiatedApplicationProtocol);
            await stream.WriteAsync(new byte[] { 1 }, Cancelled);
        }

        Assert.Equal([1], await visit.ReadToEndAsync());
    }

    [Fact]
    public async Task ServerWithoutProtocols_TakesItInTheFirstOffered()
    {
        SecureClient client = await MakeReturningAsync(_server, Offer);

        await AssertAcceptedAsync(_server, client, Request);
    }

    [Fact]
    public async Task EmptyData_IsNoEarlyData()
    {
        SecureClient client = await MakeReturningAsync(_server);
        Task<ServerVisit> accepting = _server.AcceptAsync();
        ValueTask<SecureStream> connecting = client.ConnectAsync(_server.EndPoint, SecurePair.Host, ReadOnlyMemory<byte>.Empty, Cancelled);
        using ServerVisit visit = await accepting;
        await visit.AnswerAsync();
        await using SecureStream stream = await connecting.Guarded();

        Assert.True(stream.Report.IsResumed);
        Assert.Equal((EarlyDataStatus.None, EarlyDataReason.None), (stream.Report.EarlyData, stream.Report.EarlyDataReason));
        Assert.False(stream.Report.EarlyDataSent);
        Assert.Equal(stream.Report.ClientHelloBytes, stream.Report.FirstFlightBytes);
    }

    [Fact]
    public async Task AcceptedData_IsFollowedByTheFinishedAtOnce()
    {
        SecureClient client = await MakeReturningAsync(_server, options => options.TimeProvider = new StoppedTimers());
        Task<ServerVisit> accepting = _server.AcceptAsync();
        ValueTask<SecureStream> connecting = client.ConnectAsync(_server.EndPoint, SecurePair.Host, Request, Cancelled);
        using ServerVisit visit = await accepting;
        await visit.AnswerAsync();
        await using SecureStream stream = await connecting.Guarded();

        await visit.CompleteHandshakeAsync(); // although nothing is read or written, and no timer fires
    }

    [Fact]
    public async Task ResponseInTheServersFlight_IsReadAfterOneRoundTrip()
    {
        SecureClient client = await MakeReturningAsync(_server);
        Task<ServerVisit> accepting = _server.AcceptAsync();
        ValueTask<SecureStream> connecting = client.ConnectAsync(_server.EndPoint, SecurePair.Host, Request, Cancelled);
        using ServerVisit visit = await accepting;
        Assert.Equal(Request, await visit.ReadAsync(Request.Length));
        Assert.False(visit.Engine.IsHandshakeComplete);
        await visit.WriteAsync([1, 2, 3]);

        await using SecureStream stream = await connecting.Guarded();
        Assert.Equal([1, 2, 3], await Exchange.ReadAsync(stream, 3));
        await stream.WriteAsync(new byte[] { 4 }, Cancelled);
        Assert.Equal([4], await visit.ReadAsync(1));
        Assert.Equal(Request.Length, visit.Engine.EarlyDataLength);
    }

    [Fact]
    public async Task LogLine_TellsThePlanAndTheOutcome()
    {
        using var log = new CollectingLogger();
        SecureClient client = await MakeReturningAsync(_server, options => options.LoggerFactory = log);
        await log.NextAsync(45);

        await AssertAcceptedAsync(_server, client, Request);

        CollectingLogger.Entry entry = await log.NextAsync(45);
        Assert.Equal(Microsoft.Extensions.Logging.LogLevel.Debug, entry.Level);
        Assert.Contains($"session resumed; early data {Request.Length} bytes, Accepted, None", entry.Message, StringComparison.Ordinal);
    }

    private static void Offer(SecureClientOptions options) =>
        options.ApplicationProtocols = [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11];

    /// <summary>A client that has been there before.</summary>
    private static async Task<SecureClient> MakeReturningAsync(ReturningServer server, Action<SecureClientOptions>? configure = null)
    {
        SecureClient client = SecurePair.MakeClient(configure);
        await server.VisitAsync(client);
        return client;
    }

    private static async Task<HandshakeReport> AssertAcceptedAsync(ReturningServer server, SecureClient client, byte[] data)
    {
        Task<ServerVisit> accepting = server.AcceptAsync();
        ValueTask<SecureStream> connecting = client.ConnectAsync(server.EndPoint, SecurePair.Host, data, Cancelled);
        using ServerVisit visit = await accepting;
        Assert.Equal(data, await visit.ReadAsync(data.Length));
        SecureStream stream = await connecting.Guarded();
        HandshakeReport report = stream.Report;
        await stream.WriteAsync(new byte[] { 9 }, Cancelled);
        await stream.DisposeAsync();

        Assert.Equal([.. data, 9], await visit.ReadToEndAsync());
        Assert.Equal(data, visit.ReceivedEarly);
        Assert.True(report.IsResumed);
        Assert.Equal((EarlyDataStatus.Accepted, EarlyDataReason.None), (report.EarlyData, report.EarlyDataReason));
        Assert.Equal(data.Length, report.EarlyDataBytes);
        Assert.True(report.EarlyDataSent);
        return report;
    }

    // Flights: in how many segments the client's data arrives; null where a flight takes more than one.
    private static async Task<HandshakeReport> AssertSentAfterwardsAsync(
        ReturningServer server, SecureClient client, byte[] data, int? flights)
    {
        Task<ServerVisit> accepting = server.AcceptAsync();
        ValueTask<SecureStream> connecting = client.ConnectAsync(server.EndPoint, SecurePair.Host, data, Cancelled);
        using ServerVisit visit = await accepting;
        Task<byte[]> reading = visit.ReadAsync(data.Length);
        SecureStream stream = await connecting.Guarded();
        HandshakeReport report = stream.Report;
        Assert.Equal(data, await reading.Guarded());
        if (flights is not null)
            Assert.Equal(flights, visit.DataSegments);
        await stream.DisposeAsync();

        Assert.Equal(data, await visit.ReadToEndAsync());
        Assert.Empty(visit.ReceivedEarly);
        Assert.Equal(data.Length, report.EarlyDataBytes);
        Assert.True(report.EarlyDataSent);
        return report;
    }
}
