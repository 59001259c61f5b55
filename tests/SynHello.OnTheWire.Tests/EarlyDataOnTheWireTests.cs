using System.Security.Cryptography;

using SynHello.Capture;
using SynHello.Lab;
using SynHello.Sockets;
using SynHello.Tls;

namespace SynHello.OnTheWire.Tests;

/// <summary>A returning client's request in its first flight, counted from packets.</summary>
public sealed class EarlyDataOnTheWireTests
{
    [Theory]
    [InlineData(FastOpenMode.Cookieless)]
    [InlineData(FastOpenMode.Cookie)]
    public async Task InTheSyn_TakesNoneAndOneRoundTrip(FastOpenMode fastOpen)
    {
        await using var wire = LongWire.Start();
        await using SecureListener listener = Listen(wire, fastOpen);
        SecureClient client = wire.CreateClient(fastOpen);
        await wire.ReturnAsync(listener, client);

        Visit visit = await wire.ReturnAsync(listener, client);

        AssertAccepted(visit);
        Assert.Equal(fastOpen == FastOpenMode.Cookie ? FastOpenCookie.Sent : FastOpenCookie.None, visit.Ledger.FastOpenCookie);
        Assert.Equal(visit.Client.FirstFlightBytes, visit.Ledger.SynPayloadBytesTaken);
        Assert.Equal((visit.Client.FirstFlightBytes, 0), (visit.Client.SynDataBytes, visit.Client.SynOverflowBytes));
        Assert.Equal(visit.Client.FirstFlightBytes, visit.Server.SynDataBytes);
        visit.AssertRoundTrips(untilRequest: 0, untilFirstByte: 1);
    }

    [Fact]
    public async Task OverPlainTcp_TakesOneAndTwoRoundTrips()
    {
        await using var wire = LongWire.Start();
        await using SecureListener listener = Listen(wire, FastOpenMode.Off);
        SecureClient client = wire.CreateClient(FastOpenMode.Off);
        await wire.ReturnAsync(listener, client);

        Visit visit = await wire.ReturnAsync(listener, client);

        AssertAccepted(visit);
        visit.AssertNothingTakenFromSyn();
        visit.AssertRoundTrips(untilRequest: 1, untilFirstByte: 2);
    }

    [Fact]
    public async Task MoreThanTheSynHolds_GoesBehindIt()
    {
        await using var wire = LongWire.Start();
        await using SecureListener listener = Listen(wire, FastOpenMode.Cookieless);
        SecureClient client = wire.CreateClient(FastOpenMode.Cookieless);
        await wire.ReturnAsync(listener, client);

        Visit visit = await wire.ReturnAsync(listener, client, requestLength: 3000);

        AssertAccepted(visit);
        Assert.InRange(visit.Client.ClientHelloBytes, 1, SynBudget.IPv4);
        Assert.Equal(SynBudget.IPv4, visit.Ledger.SynPayloadBytesTaken);
        Assert.Equal((SynBudget.IPv4, SynBudget.IPv4), (visit.Client.SynRoom, visit.Client.SynDataBytes));
        Assert.Equal(visit.Client.FirstFlightBytes - SynBudget.IPv4, visit.Client.SynOverflowBytes);
        Assert.InRange(visit.Client.SynOverflowBytes, 2000, 3000);

        // Its last byte had to wait for the SYN-ACK, and the response for that.
        var last = RoundTripLedger.Read(visit.Packets, new RoundTripLedgerOptions
        {
            RequestOffset = visit.Client.FirstFlightBytes - 1,
            MinimumResponseRecordLength = 1000,
        });
        Assert.Equal((1, 2), (last.RequestSentRoundTrips, last.FirstByteRoundTrips));
        Assert.Equal((1, 2), (visit.Client.RoundTripsUntilRequest, visit.Client.RoundTripsUntilFirstByte));
    }

    [Fact]
    public async Task ResumedWithoutEarlyData_TakesOneAndTwoRoundTrips()
    {
        await using var wire = LongWire.Start();
        await using SecureListener listener = wire.Listen(FastOpenMode.Cookieless);
        SecureClient client = wire.CreateClient(FastOpenMode.Cookieless);
        await wire.ReturnAsync(listener, client);

        Visit visit = await wire.ReturnAsync(listener, client);

        Assert.True(visit.Client.IsResumed);
        Assert.Equal(EarlyDataReason.NotAllowedBySession, visit.Client.EarlyDataReason);
        visit.AssertClientHelloInSyn();
        visit.AssertRoundTrips(untilRequest: 1, untilFirstByte: 2);
    }

    [Fact]
    public async Task Rejected_TakesOneAndTwoRoundTrips()
    {
        await using var wire = LongWire.Start();
        var keys = new SessionTicketKeyRing();
        SecureClient client = wire.CreateClient(FastOpenMode.Cookieless);
        await using (SecureListener before = Listen(wire, FastOpenMode.Cookieless, keys))
            await wire.ReturnAsync(before, client);

        // Another register: the tickets are good, their early data is not.
        await using SecureListener listener = Listen(wire, FastOpenMode.Cookieless, keys);
        Visit visit = await wire.ReturnAsync(listener, client);

        Assert.Equal((true, EarlyDataStatus.Rejected), (visit.Client.IsResumed, visit.Client.EarlyData));
        Assert.Equal(EarlyDataUse.Rejected, visit.Ledger.EarlyData);
        Assert.Equal(visit.Client.FirstFlightBytes, visit.Ledger.SynPayloadBytesTaken);
        visit.AssertRoundTrips(untilRequest: 1, untilFirstByte: 2);
    }

    [Fact]
    public async Task WireThatDropsSynData_DeliversTheRequestOnceWhenTheKernelSendsItAgain()
    {
        bool drops = false;
        await using var wire = LongWire.Start(options => options.Rule = packet =>
            Volatile.Read(ref drops) && packet.IsSyn() && packet.PayloadLength() > 0 ? PacketVerdict.Drop : PacketVerdict.Pass);
        byte[] request = RandomNumberGenerator.GetBytes(200);
        var register = new StrikeRegister();
        await using var server = new CountingServer(wire, request, new CountedKeys(new SessionTicketKeyRing()), register);
        SecureClient client = wire.CreateClient(FastOpenMode.Cookieless);
        await Recording.VisitAsync(wire, server, client, RandomNumberGenerator.GetBytes(200));
        Volatile.Write(ref drops, true);

        HandshakeReport report = await Recording.VisitAsync(wire, server, client, request);

        Assert.Contains(wire.Packets, packet => packet.DropReason == DropReason.Rule && packet.IsSyn());
        Assert.Equal((FastOpenOutcome.Fallback, 0), (report.FastOpen, report.SynDataBytes));
        Assert.Equal((EarlyDataStatus.Accepted, 1), (report.EarlyData, report.RoundTripsUntilRequest));
        Assert.Equal((1, 1), (server.Runs, server.EarlyRuns));
        Assert.Equal((1, 0), (register.Accepted, register.Refused));
    }

    /// <summary>The server's kernel throws the SYN's data away, and the client's sends it again behind its ACK.</summary>
    [Fact]
    public async Task ServerThatIgnoresSynData_IsDeliveredTheRequestOnce()
    {
        await using var wire = LongWire.Start();
        byte[] request = RandomNumberGenerator.GetBytes(200);
        var register = new StrikeRegister();
        await using var server = new CountingServer(
            wire, request, new CountedKeys(new SessionTicketKeyRing()), register, mode: FastOpenMode.Off);
        var sessions = new MemorySessionStore();
        SecureClient before = wire.CreateClient(FastOpenMode.Off, options => options.SessionStore = sessions);
        await Recording.VisitAsync(wire, server, before, RandomNumberGenerator.GetBytes(200));

        SecureClient client = wire.CreateClient(FastOpenMode.Cookieless, options => options.SessionStore = sessions);
        HandshakeReport report = await Recording.VisitAsync(wire, server, client, request);

        Assert.Equal((FastOpenOutcome.Ignored, 0), (report.FastOpen, report.SynDataBytes));
        Assert.Equal((EarlyDataStatus.Accepted, 1), (report.EarlyData, report.RoundTripsUntilRequest));
        Assert.Equal((1, 1), (server.Runs, server.EarlyRuns));
        Assert.Equal((1, 0), (register.Accepted, register.Refused));
    }

    private static void AssertAccepted(Visit visit)
    {
        Assert.Equal(EarlyDataUse.Accepted, visit.Ledger.EarlyData);
        Assert.Equal(
            (true, EarlyDataStatus.Accepted, EarlyDataStatus.Accepted),
            (visit.Client.IsResumed, visit.Client.EarlyData, visit.Server.EarlyData));
    }

    private static SecureListener Listen(LongWire wire, FastOpenMode fastOpen, SessionTicketKeyRing? keys = null) =>
        wire.Listen(fastOpen, options =>
        {
            options.MaximumEarlyData = 16_384;
            options.TicketKeys = keys;
        });
}
