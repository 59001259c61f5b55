using System.Security.Authentication;

namespace SynHello.Capture.Tests;

public sealed class RoundTripLedgerTests
{
    [Theory]
    [InlineData("TLS 1.2 full", false, 3, 4)]
    [InlineData("TLS 1.2 full", true, 2, 3)]
    [InlineData("TLS 1.2 full, False Start", false, 2, 3)]
    [InlineData("TLS 1.2 full, False Start", true, 1, 2)]
    [InlineData("TLS 1.2 resumed", false, 2, 3)]
    [InlineData("TLS 1.2 resumed", true, 1, 2)]
    [InlineData("TLS 1.3", false, 2, 3)]
    [InlineData("TLS 1.3", true, 1, 2)]
    [InlineData("TLS 1.3 early data", false, 1, 2)]
    [InlineData("TLS 1.3 early data", true, 0, 1)]
    [InlineData("TLS 1.3 HelloRetryRequest", false, 3, 4)]
    [InlineData("TLS 1.3 HelloRetryRequest", true, 2, 3)]
    [InlineData("TLS 1.3 large flight", false, 3, 4)]
    [InlineData("TLS 1.3 large flight", true, 2, 3)]
    [InlineData("no TLS", false, 1, 2)]
    [InlineData("no TLS", true, 0, 1)]
    public void Read_CountsWhatTheProtocolCosts(string scheme, bool inSyn, int requestSent, int firstByte)
    {
        foreach (bool isIPv6 in new[] { false, true })
        {
            var wire = Exchange.Run(scheme, inSyn, isIPv6);
            var ledger = wire.Ledger();

            Assert.Equal(requestSent, ledger.RequestSentRoundTrips);
            Assert.Equal(firstByte, ledger.FirstByteRoundTrips);
            // On this wire time and causes agree: nobody thinks for longer than a millisecond.
            double roundTrip = 2 * wire.CrossingMs;
            var sentAt = ledger.RequestSentAt.GetValueOrDefault();
            Assert.InRange(sentAt.TotalMilliseconds, requestSent * roundTrip, (requestSent * roundTrip) + 5);
            var firstByteAt = ledger.FirstByteAt.GetValueOrDefault();
            Assert.InRange(firstByteAt.TotalMilliseconds, firstByte * roundTrip, (firstByte * roundTrip) + 5);
        }
    }

    [Fact]
    public void Read_GivesEachPacketItsDepth()
    {
        var ledger = Exchange.Run("TLS 1.3", inSyn: true).Ledger();

        Assert.Equal(
            [
                (PacketContents.Syn | PacketContents.ClientHello, 0),
                (PacketContents.SynAck, 1),
                (PacketContents.ServerHello | PacketContents.ChangeCipherSpec | PacketContents.Handshake, 1),
                (PacketContents.Ack, 2),
                (PacketContents.ChangeCipherSpec | PacketContents.Finished | PacketContents.Request, 2),
                (PacketContents.Ack, 3),
                (PacketContents.Response, 3),
                (PacketContents.Ack, 4),
            ],
            ledger.Entries.Select(entry => (entry.Contents, entry.Depth)));
    }

    [Fact]
    public void Read_TellsWhatTheSynCarried()
    {
        var ledger = Exchange.Run("TLS 1.3", inSyn: true).Ledger();

        Assert.Equal(517, ledger.SynPayloadBytes);
        Assert.Equal(517, ledger.SynPayloadBytesTaken);
        Assert.True(ledger.ClientHelloInSyn);
        Assert.True(ledger.ClientHelloInSynTaken);
        Assert.Equal(FastOpenCookie.Sent, ledger.FastOpenCookie);
        Assert.Equal(SslProtocols.Tls13, ledger.TlsVersion);
        Assert.Equal(EarlyDataUse.None, ledger.EarlyData);
        Assert.False(ledger.HelloRetryRequestSeen);
        Assert.Equal(0, ledger.Retransmissions);
    }

    [Fact]
    public void Read_TellsAPlainSyn()
    {
        var ledger = Exchange.Run("TLS 1.2 full", inSyn: false).Ledger();

        Assert.Equal(0, ledger.SynPayloadBytes);
        Assert.False(ledger.ClientHelloInSyn);
        Assert.False(ledger.ClientHelloInSynTaken);
        Assert.Equal(FastOpenCookie.Requested, ledger.FastOpenCookie);
        Assert.Equal(SslProtocols.Tls12, ledger.TlsVersion);
    }

    [Theory]
    [InlineData(new byte[] { }, FastOpenCookie.None)]
    [InlineData(new byte[] { 2, 4, 5, 180, 34, 2, 1, 1 }, FastOpenCookie.Requested)]
    [InlineData(new byte[] { 34, 10, 1, 2, 3, 4, 5, 6, 7, 8, 1, 1 }, FastOpenCookie.Sent)]
    [InlineData(new byte[] { 254, 4, 0xF9, 0x89 }, FastOpenCookie.Requested)]
    [InlineData(new byte[] { 254, 8, 0xF9, 0x89, 1, 2, 3, 4 }, FastOpenCookie.Sent)]
    [InlineData(new byte[] { 254, 4, 0x12, 0x34 }, FastOpenCookie.None)]
    [InlineData(new byte[] { 0, 34, 2, 1 }, FastOpenCookie.None)]
    [InlineData(new byte[] { 5, 200, 34, 2 }, FastOpenCookie.None)]
    public void FastOpenCookie_IsReadFromTheOption(byte[] options, FastOpenCookie expected) =>
        Assert.Equal(expected, new WireBuilder().Syn(0, options: options).Ledger().FastOpenCookie);

    [Fact]
    public void FastOpenCookieGranted_IsReadFromTheSynAck()
    {
        var wire = new WireBuilder().Syn(0, options: [34, 2, 1, 1]).SynAck(28, [34, 10, 1, 2, 3, 4, 5, 6, 7, 8, 1, 1]);

        Assert.True(wire.Ledger().FastOpenCookieGranted);
    }

    [Fact]
    public void SynDataThatIsNotTaken_CostsARoundTrip()
    {
        byte[] hello = Tls.ClientHello();
        var ledger = new WireBuilder()
            .Syn(0, hello, taken: 0)
            .SynAck(28)
            .ClientAck(56).Client(56, hello)
            .Server(84.5, Tls.ServerHello13(), Tls.Data(900))
            .Client(113, Tls.Finished13(), Tls.Request())
            .Server(141.5, Tls.Response())
            .Ledger();

        Assert.True(ledger.ClientHelloInSyn);
        Assert.False(ledger.ClientHelloInSynTaken);
        Assert.Equal(517, ledger.SynPayloadBytes);
        Assert.Equal(0, ledger.SynPayloadBytesTaken);
        Assert.Equal((2, 3), (ledger.RequestSentRoundTrips, ledger.FirstByteRoundTrips));
        Assert.Equal(0, ledger.Retransmissions);
    }

    [Fact]
    public void EarlyDataInASynThatIsNotTaken_CostsARoundTrip()
    {
        byte[] first = [.. Tls.ClientHello(), .. Tls.Request()];
        var ledger = new WireBuilder()
            .Syn(0, first, taken: 0)
            .SynAck(28)
            .Client(56, first)
            .Server(84.5, Tls.ServerHello13(), Tls.Data(30), Tls.Finished13(), Tls.Response())
            .Ledger();

        Assert.Equal(EarlyDataUse.Accepted, ledger.EarlyData);
        Assert.Equal((1, 2), (ledger.RequestSentRoundTrips, ledger.FirstByteRoundTrips));
    }

    [Fact]
    public void LostSynWithData_IsFollowedByABareOne()
    {
        byte[] hello = Tls.ClientHello();
        var wire = new WireBuilder();
        uint number = wire.ClientNext;
        var ledger = wire
            .Syn(0, hello, lost: true, taken: 0)
            .SynAgain(1000, number)
            .SynAck(1028)
            .Client(1056, hello)
            .Server(1084.5, Tls.ServerHello13(), Tls.Data(900))
            .Client(1113, Tls.Finished13(), Tls.Request())
            .Server(1141.5, Tls.Response())
            .Ledger();

        Assert.True(ledger.ClientHelloInSyn);
        Assert.False(ledger.ClientHelloInSynTaken);
        Assert.Equal((2, 3), (ledger.RequestSentRoundTrips, ledger.FirstByteRoundTrips));
        Assert.Equal(1, ledger.LostPackets);
        Assert.Equal(1, ledger.Retransmissions);
        Assert.Equal(TimeSpan.FromMilliseconds(1113), ledger.RequestSentAt);
    }

    [Fact]
    public void RejectedEarlyData_IsNotTheRequest()
    {
        var ledger = new WireBuilder()
            .Syn(0, [.. Tls.ClientHello(), .. Tls.Request()])
            .SynAck(28).Server(28.5, Tls.ServerHello13(), Tls.Data(900))
            .Client(57, Tls.Finished13(), Tls.Request())
            .Server(85.5, Tls.Response())
            .Ledger();

        Assert.Equal(EarlyDataUse.Rejected, ledger.EarlyData);
        Assert.Equal((1, 2), (ledger.RequestSentRoundTrips, ledger.FirstByteRoundTrips));
        Assert.Equal(PacketContents.Syn | PacketContents.ClientHello | PacketContents.EarlyData, ledger.Entries[0].Contents);
    }

    [Fact]
    public void HelloRetryRequest_RejectsEarlyData()
    {
        var ledger = new WireBuilder()
            .Syn(0, [.. Tls.ClientHello(), .. Tls.Request()])
            .SynAck(28).Server(28.5, Tls.HelloRetryRequest())
            .Client(57, Tls.ClientHello())
            .Server(85.5, Tls.ServerHello13(), Tls.Data(900))
            .Client(114, Tls.Finished13(), Tls.Request())
            .Server(142.5, Tls.Response())
            .Ledger();

        Assert.True(ledger.HelloRetryRequestSeen);
        Assert.Equal(EarlyDataUse.Rejected, ledger.EarlyData);
        Assert.Equal((2, 3), (ledger.RequestSentRoundTrips, ledger.FirstByteRoundTrips));
    }

    [Fact]
    public void ClientHandshakeRecords_MoveTheRequest()
    {
        var wire = new WireBuilder()
            .Syn(0, Tls.ClientHello())
            .SynAck(28).Server(28.5, Tls.ServerHello13(), Tls.Data(900))
            .Client(57, Tls.Data(700), Tls.Data(120), Tls.Finished13())
            .Client(60, Tls.Request());

        Assert.Equal(TimeSpan.FromMilliseconds(57), wire.Ledger().RequestSentAt);
        var ledger = wire.Ledger(new RoundTripLedgerOptions { ClientHandshakeRecords = 3 });
        Assert.Equal(TimeSpan.FromMilliseconds(60), ledger.RequestSentAt);
    }

    [Fact]
    public void RequestOffset_PointsAtALaterRequest()
    {
        byte[] first = "first"u8.ToArray();
        var wire = new WireBuilder()
            .Syn(0).SynAck(28)
            .Client(56, first).Server(84, first)
            .Client(112, first).Server(140, first);

        var ledger = wire.Ledger(new RoundTripLedgerOptions { RequestOffset = 5 });

        Assert.Equal((2, 3), (ledger.RequestSentRoundTrips, ledger.FirstByteRoundTrips));
        Assert.Equal(TimeSpan.FromMilliseconds(168), ledger.FirstByteAt);
    }

    [Fact]
    public void MinimumResponseRecordLength_PassesOverTickets()
    {
        var wire = new WireBuilder()
            .Syn(0, Tls.ClientHello())
            .SynAck(28).Server(28.5, Tls.ServerHello13(), Tls.Data(900))
            .Client(57, Tls.Finished13(), Tls.Request())
            .Server(85.5, Tls.Data(250))
            .Server(90, Tls.Response());

        Assert.Equal(TimeSpan.FromMilliseconds(113.5), wire.Ledger().FirstByteAt);
        var ledger = wire.Ledger(new RoundTripLedgerOptions { MinimumResponseRecordLength = 1000 });
        Assert.Equal(TimeSpan.FromMilliseconds(118), ledger.FirstByteAt);
        Assert.Equal(2, ledger.FirstByteRoundTrips);
        Assert.Contains(ledger.Entries, entry => entry.Contents == PacketContents.PostHandshake);
    }

    [Fact]
    public void TicketsInTheFirstFlight_AreNotTheResponseToEarlyData()
    {
        var ledger = new WireBuilder()
            .Syn(0, [.. Tls.ClientHello(), .. Tls.ChangeCipherSpec(), .. Tls.Request()])
            .SynAck(28).Server(28.5, Tls.ServerHello13Resumed(), Tls.ChangeCipherSpec(), Tls.Data(63), Tls.Data(500))
            .Server(29, Tls.Response())
            .Ledger(new RoundTripLedgerOptions { MinimumResponseRecordLength = 1000 });

        Assert.Equal(EarlyDataUse.Accepted, ledger.EarlyData);
        Assert.Equal(TimeSpan.FromMilliseconds(57), ledger.FirstByteAt);
        Assert.Equal((0, 1), (ledger.RequestSentRoundTrips, ledger.FirstByteRoundTrips));
        Assert.Equal(
            PacketContents.ServerHello | PacketContents.ChangeCipherSpec | PacketContents.Handshake | PacketContents.PostHandshake,
            ledger.Entries[2].Contents);
        Assert.Equal(PacketContents.Response, ledger.Entries[3].Contents);
    }

    [Fact]
    public void SessionResumed_IsReadFromTheServerHello()
    {
        Assert.True(Answered(Tls.ServerHello13Resumed()).SessionResumed);
        Assert.False(Answered(Tls.ServerHello13()).SessionResumed);
        Assert.False(Answered(Tls.ServerHello12()).SessionResumed);

        // In TLS 1.2 by what is missing between ServerHello and change_cipher_spec (RFC 5246 section 7.3).
        Assert.True(Answered([.. Tls.ServerHello12(), .. Tls.ChangeCipherSpec(), .. Tls.Finished12()]).SessionResumed);
        Assert.True(Answered([.. Tls.ServerHello12(), .. Tls.Handshake(4, 200), .. Tls.ChangeCipherSpec()]).SessionResumed);
        Assert.False(Answered([.. Tls.ServerHello12(), .. Tls.Handshake(11, 200), .. Tls.ChangeCipherSpec()]).SessionResumed);
        Assert.False(Answered([.. Tls.ChangeCipherSpec()]).SessionResumed);
        Assert.True(new WireBuilder()
            .Syn(0, Tls.ClientHello())
            .SynAck(28).Server(28.5, Tls.HelloRetryRequest())
            .Client(57, Tls.ClientHello()).Server(85.5, Tls.ServerHello13Resumed(), Tls.Data(63))
            .Ledger().SessionResumed);

        static RoundTripLedger Answered(byte[] hello) =>
            new WireBuilder().Syn(0, Tls.ClientHello()).SynAck(28).Server(28.5, hello, Tls.Data(63)).Ledger();
    }

    [Fact]
    public void Read_WithoutASyn_CountsNothing()
    {
        var ledger = new WireBuilder().Client(0, "request"u8.ToArray()).Server(28, "response"u8.ToArray()).Ledger();

        Assert.Null(ledger.RequestSentRoundTrips);
        Assert.Null(ledger.FirstByteRoundTrips);
        Assert.Equal(TimeSpan.Zero, ledger.RequestSentAt);
        Assert.Equal(TimeSpan.FromMilliseconds(56), ledger.FirstByteAt);
    }

    [Fact]
    public void Read_OfNothing_IsEmpty()
    {
        var ledger = RoundTripLedger.Read([]);

        Assert.Empty(ledger.Entries);
        Assert.Null(ledger.RequestSentRoundTrips);
    }

    [Fact]
    public void Read_RefusesTimeThatRunsBackwards()
    {
        var packet = new CapturedPacket(
            TimeSpan.FromMilliseconds(2), TimeSpan.FromMilliseconds(1), PacketDirection.ClientToServer, default);

        Assert.Throws<ArgumentException>(() => RoundTripLedger.Read([packet]));
    }

    [Fact]
    public void MaximumPackets_EndsTheReading()
    {
        var ledger = Exchange.Run("TLS 1.3", inSyn: true).Ledger(new RoundTripLedgerOptions { MaximumPackets = 3 });

        Assert.True(ledger.IsTruncated);
        Assert.Equal(3, ledger.Entries.Count);
    }
}
