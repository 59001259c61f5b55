using SynHello.Sockets;
using SynHello.Tls;

using static SynHello.Tests.EarlyVisits;

namespace SynHello.Tests;

/// <summary>What the reports of connections with early data say that it took.</summary>
public sealed class EarlyDataReportTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task EarlyDataInTheSyn_IsReportedAndCostsNoRoundTrip()
    {
        await using SecureListener listener = Listen(options => options.FastOpen = FastOpenMode.Cookieless);
        using var client = new EngineClient(await EngineClient.VisitAsync(listener), Request);
        byte[] flight = client.MakeFirstFlight();
        await client.ConnectInSynAsync(listener.LocalEndPoint, flight);
        await using SecureStream server = await listener.AcceptAsync(Cancelled).Guarded();

        Assert.Equal(FastOpenOutcome.Cookieless, server.Report.FastOpen);
        Assert.Equal(flight.Length, server.Report.SynDataBytes);
        Assert.InRange(server.Report.ClientHelloBytes, 200, flight.Length - Request.Length);
        Assert.Equal(0, server.Report.RoundTripsUntilRequest);
        Assert.Equal(1, server.Report.RoundTripsUntilFirstByte);
        Assert.Equal((true, EarlyDataStatus.Accepted), (server.Report.IsResumed, server.Report.EarlyData));
        Assert.Equal(Request, await ReadEarlyAsync(server, Request.Length));
        await client.HandshakeAsync();
        await server.CompleteHandshakeAsync(Cancelled).Guarded();
        Assert.Equal(Request.Length, server.Report.EarlyDataBytes);
        Assert.True(server.Report.PathRoundTrip > TimeSpan.Zero);
    }

    [Fact]
    public async Task EarlyDataBehindPlainTcp_CostsItsRoundTripAlone()
    {
        await using SecureListener listener = Listen();
        using EngineClient client = await ReturnAsync(listener);
        await using SecureStream server = await listener.AcceptAsync(Cancelled).Guarded();
        Assert.Equal(1, server.Report.RoundTripsUntilRequest);
        Assert.Equal(0, server.Report.SynDataBytes);
    }

    [Fact]
    public async Task EarlyDataThatNobodyAskedAbout_IsSkippedAndDoesNotCountAsHello()
    {
        // The other listener has a register of its own: the ticket names the first one's.
        var ring = new SessionTicketKeyRing();
        await using SecureListener first = Listen(options => options.TicketKeys = ring);
        await using SecureListener listener = Listen(options => (options.TicketKeys, options.FastOpen) = (ring, FastOpenMode.Cookieless));
        using var client = new EngineClient(await EngineClient.VisitAsync(first), Request);
        byte[] flight = client.MakeFirstFlight();
        await client.ConnectInSynAsync(listener.LocalEndPoint, flight);
        await client.HandshakeAsync();
        await using SecureStream server = await listener.AcceptAsync(Cancelled).Guarded();

        Assert.Equal((true, EarlyDataStatus.Rejected, 0), (server.Report.IsResumed, server.Report.EarlyData, server.Report.EarlyDataBytes));
        Assert.Equal(client.ClientHelloLength, server.Report.ClientHelloBytes);
        Assert.Equal(flight.Length, server.Report.SynDataBytes);
        Assert.Equal(1, server.Report.RoundTripsUntilRequest);
    }

    [Theory]
    [InlineData(200, 0)]
    [InlineData(1100, 1)] // beside the hello more than the SYN has room for
    [InlineData(50_000, 1)]
    public async Task ClientAndServer_AgreeOnWhatItTook(int length, int roundTrips)
    {
        byte[] request = Exchange.Bytes(length);
        await using SecureListener listener = Listen(options => options.FastOpen = FastOpenMode.Cookieless);
        SecureClient secureClient = SecurePair.MakeClient(options => options.FastOpen = FastOpenMode.Cookieless);
        await using (SecureStream first = await secureClient.ConnectAsync(listener.LocalEndPoint, SecurePair.Host, Cancelled).Guarded())
        {
            await first.FlushAsync(Cancelled);
            await using SecureStream firstServer = await listener.AcceptAsync(Cancelled).Guarded();
            await Exchange.RoundTripAsync(first, firstServer);
        }

        Task<SecureStream> connect = secureClient.ConnectAsync(listener.LocalEndPoint, SecurePair.Host, request, Cancelled).AsTask();
        await using SecureStream server = await listener.AcceptAsync(Cancelled).Guarded();
        Assert.Equal(request, await ReadEarlyAsync(server, length));
        await server.WriteAsync(Response, Cancelled).Guarded();
        await using SecureStream client = await connect.Guarded();
        Assert.Equal(Response, await Exchange.ReadAsync(client, Response.Length));
        await server.CompleteHandshakeAsync(Cancelled).Guarded();

        foreach (HandshakeReport report in (HandshakeReport[])[client.Report, server.Report])
        {
            Assert.Equal((true, EarlyDataStatus.Accepted, length), (report.IsResumed, report.EarlyData, report.EarlyDataBytes));
            Assert.Equal(roundTrips, report.RoundTripsUntilRequest);
            Assert.Equal(client.Report.ClientHelloBytes, report.ClientHelloBytes);
        }

        if (roundTrips == 0)
            Assert.Equal(client.Report.SynDataBytes, server.Report.SynDataBytes);
        await Exchange.RoundTripAsync(client, server);
    }
}
