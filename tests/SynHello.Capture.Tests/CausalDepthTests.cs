namespace SynHello.Capture.Tests;

/// <summary>What counts as a round trip, and what only looks like one.</summary>
public sealed class CausalDepthTests
{
    private static WireBuilder HelloInSyn() => new WireBuilder()
        .Syn(0, Tls.ClientHello())
        .SynAck(28).Server(28.5, Tls.ServerHello13(), Tls.Data(900));

    private static (int?, int?) Count(WireBuilder wire)
    {
        var ledger = wire.Ledger();
        return (ledger.RequestSentRoundTrips, ledger.FirstByteRoundTrips);
    }

    [Fact]
    public void SlowServer_IsNotARoundTrip()
    {
        // The ticket is acknowledged long before the response is ready: the response did not wait for that.
        var wire = HelloInSyn()
            .ClientAck(56.5).Client(57, Tls.Finished13(), Tls.Request())
            .Server(85.5, Tls.Data(1)).ClientAck(113.5)
            .Server(400, Tls.Response());

        var ledger = wire.Ledger(new RoundTripLedgerOptions { MinimumResponseRecordLength = 1000 });

        Assert.Equal(2, ledger.FirstByteRoundTrips);
        Assert.Equal(TimeSpan.FromMilliseconds(428), ledger.FirstByteAt);
    }

    [Fact]
    public void SlowClient_DoesNotWaitForTickets() =>
        Assert.Equal((1, 2), Count(HelloInSyn()
            .Client(57, Tls.Finished13())
            .Server(85.5, Tls.Data(250))
            .ClientAck(113.5)
            .Client(300, Tls.Request())
            .Server(328.5, Tls.Response())));

    [Fact]
    public void FinishedAndRequestInTwoWrites_AreOneFlight() =>
        Assert.Equal((1, 2), Count(HelloInSyn()
            .ClientAck(56.5)
            .Client(57, Tls.Finished13())
            .Client(58, Tls.Request())
            .Server(86.5, Tls.Data(250), Tls.Response())));

    [Fact]
    public void RequestHeldByNaglesAlgorithm_IsARoundTrip() =>
        Assert.Equal((2, 3), Count(HelloInSyn()
            .Client(57, Tls.Finished13())
            .ServerAck(85)
            .Client(113, Tls.Request())
            .Server(141.5, Tls.Response())));

    [Fact]
    public void RequestHeldByNaglesAlgorithm_CountsThoughATicketBroughtTheAcknowledgement() =>
        Assert.Equal((2, 3), Count(HelloInSyn()
            .Client(57, Tls.Finished13())
            .Server(85, Tls.Data(250))
            .Client(113.1, Tls.Request())
            .Server(141.5, Tls.Response())));

    [Fact]
    public void FlightCutToTheBudgetOfAnUnprovenAddress_IsARoundTrip()
    {
        byte[] flight = [.. Tls.ServerHello13(), .. Tls.Data(4000)];

        // The cut is inside a record: the rest counts as held back however late it comes.
        foreach (double at in new[] { 84.5, 95 })
        {
            Assert.Equal((2, 3), Count(new WireBuilder()
                .Syn(0, Tls.ClientHello())
                .SynAck(28).Server(28.5, flight[..1551])
                .ClientAck(56.5)
                .Server(at, flight[1551..])
                .Client(at + 28.5, Tls.Finished13(), Tls.Request())
                .Server(at + 57, Tls.Response())));
        }
    }

    [Fact]
    public void FlightCutBetweenRecords_IsARoundTrip() =>
        Assert.Equal((2, 3), Count(new WireBuilder()
            .Syn(0, Tls.ClientHello())
            .SynAck(28).Server(28.5, Tls.ServerHello13())
            .ClientAck(56)
            .Server(84.5, Tls.Data(4000))
            .Client(113, Tls.Finished13(), Tls.Request())
            .Server(141.5, Tls.Response())));

    [Fact]
    public void ServerThatSpeaksFirst_WaitsForTheHandshakesAck()
    {
        var ledger = new WireBuilder()
            .Syn(0).SynAck(28).ClientAck(56)
            .Server(120, "220 ready\r\n"u8.ToArray())
            .Ledger();

        Assert.Equal(3, ledger.Entries[^1].Depth);
    }

    [Fact]
    public void EarlyDataAnsweredAfterFinished_CountsAsWaitedFor() =>
        Assert.Equal((0, 2), Count(new WireBuilder()
            .Syn(0, [.. Tls.ClientHello(), .. Tls.Request()])
            .SynAck(28).Server(28.5, Tls.ServerHello13(), Tls.Data(30), Tls.Finished13())
            .Client(57, Tls.EndOfEarlyData(), Tls.Finished13())
            .Server(85.5, Tls.Response())));

    [Fact]
    public void LostRequest_CostsTimeButNoRoundTrip()
    {
        byte[] last = [.. Tls.Finished13(), .. Tls.Request()];
        var wire = HelloInSyn();
        uint number = wire.ClientNext;
        var ledger = wire
            .LostFromClient(57, last)
            .Raw(300, isClient: true, TcpFlags.Ack, number, last)
            .Server(328.5, Tls.Response())
            .Ledger();

        Assert.Equal((1, 2), (ledger.RequestSentRoundTrips, ledger.FirstByteRoundTrips));
        Assert.Equal(1, ledger.LostPackets);
        Assert.Equal(1, ledger.Retransmissions);
        Assert.Equal(TimeSpan.FromMilliseconds(57), ledger.RequestSentAt);
        Assert.Equal(TimeSpan.FromMilliseconds(356.5), ledger.FirstByteAt);
    }

    [Fact]
    public void LostServerSegment_HoldsWhatFollowsIt()
    {
        byte[] flight = [.. Tls.ServerHello13(), .. Tls.Data(2000)];
        var wire = new WireBuilder().Syn(0, Tls.ClientHello()).SynAck(28);
        uint number = wire.ServerNext;
        var ledger = wire
            .LostFromServer(28.5, flight[..1000])
            .Server(28.5, flight[1000..])
            .ClientAck(56.5)
            .Raw(230, isClient: false, TcpFlags.Ack, number, flight[..1000])
            .Client(259, Tls.Finished13(), Tls.Request())
            .Server(287.5, Tls.Response())
            .Ledger();

        Assert.Equal((1, 2), (ledger.RequestSentRoundTrips, ledger.FirstByteRoundTrips));
        Assert.Equal(TimeSpan.FromMilliseconds(259), ledger.RequestSentAt);
    }

    [Fact]
    public void ReorderedSegments_AreReadInOrder()
    {
        byte[] last = [.. Tls.Finished13(), .. Tls.Request()];
        var wire = HelloInSyn();
        uint number = wire.ClientNext;
        var ledger = wire
            .Raw(57, isClient: true, TcpFlags.Ack, number, last[..100], deliveredAt: 95)
            .Raw(57, isClient: true, TcpFlags.Ack, number + 100, last[100..], deliveredAt: 85)
            .Server(95.5, Tls.Response())
            .Ledger();

        Assert.Equal((1, 2), (ledger.RequestSentRoundTrips, ledger.FirstByteRoundTrips));
        Assert.Equal(TimeSpan.FromMilliseconds(123.5), ledger.FirstByteAt);
    }

    [Fact]
    public void OverlappingSegments_CountOnce()
    {
        byte[] last = [.. Tls.Finished13(), .. Tls.Request()];
        var wire = HelloInSyn();
        uint number = wire.ClientNext;
        var ledger = wire
            .Raw(57, isClient: true, TcpFlags.Ack, number, last[..40])
            .Raw(58, isClient: true, TcpFlags.Ack, number + 20, last[20..100])
            .Raw(59, isClient: true, TcpFlags.Ack, number + 10, last[10..50])
            .Raw(60, isClient: true, TcpFlags.Ack, number, last)
            .Server(88.5, Tls.Response())
            .Ledger();

        Assert.Equal((1, 2), (ledger.RequestSentRoundTrips, ledger.FirstByteRoundTrips));
        Assert.Equal(1, ledger.Retransmissions);
        // The Finished record ends at byte 58, so the request's first byte went with the second segment.
        Assert.Equal(TimeSpan.FromMilliseconds(58), ledger.RequestSentAt);
    }

    [Fact]
    public void DuplicateDelivery_IsNoCause()
    {
        // A copy of the server's flight, sent because its acknowledgement was late, arrives just before the request.
        byte[] flight = [.. Tls.ServerHello13(), .. Tls.Data(900)];
        var wire = new WireBuilder().Syn(0, Tls.ClientHello()).SynAck(28);
        uint number = wire.ServerNext;
        Assert.Equal((1, 2), Count(wire
            .Server(28.5, flight)
            .Client(57, Tls.Finished13())
            .Raw(240, isClient: false, TcpFlags.Ack, number, flight)
            .Client(268.2, Tls.Request())
            .Server(296.5, Tls.Response())));
    }

    [Fact]
    public void ZeroLatency_KeepsTheOrderOfTheCapture() =>
        Assert.Equal((1, 2), Count(new WireBuilder(crossingMs: 0)
            .Syn(0).SynAck(0).ClientAck(0)
            .Client(0, "request"u8.ToArray())
            .Server(0, "response"u8.ToArray())));
}
