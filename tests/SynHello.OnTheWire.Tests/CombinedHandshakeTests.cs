using SynHello.Capture;
using SynHello.Lab;
using SynHello.Sockets;
using SynHello.Wire;

using PacketDirection = SynHello.Lab.PacketDirection;

namespace SynHello.OnTheWire.Tests;

/// <summary>TCP and TLS set up together, counted from packets.</summary>
public sealed class CombinedHandshakeTests
{
    [Fact]
    public async Task Plain_TakesTwoAndThreeRoundTrips()
    {
        await using var wire = LongWire.Start();
        await using SecureListener listener = wire.Listen(FastOpenMode.Off);

        Visit visit = await wire.VisitAsync(listener, FastOpenMode.Off);

        Assert.Equal(FastOpenOutcome.Off, visit.Client.FastOpen);
        Assert.Equal(0, visit.Ledger.SynPayloadBytes);
        visit.AssertNothingTakenFromSyn();
        visit.AssertRoundTrips(untilRequest: 2, untilFirstByte: 3);
    }

    [Fact]
    public async Task Cookieless_PutsTheClientHelloIntoTheFirstSyn()
    {
        await using var wire = LongWire.Start();
        await using SecureListener listener = wire.Listen(FastOpenMode.Cookieless);

        Visit visit = await wire.VisitAsync(listener, FastOpenMode.Cookieless);

        Assert.Equal(FastOpenOutcome.Cookieless, visit.Client.FastOpen);
        Assert.Equal(FastOpenCookie.None, visit.Ledger.FastOpenCookie);
        visit.AssertClientHelloInSyn();
        visit.AssertRoundTrips(untilRequest: 1, untilFirstByte: 2);
    }

    [Fact]
    public async Task Cookie_IsAskedForFirst_AndThenCarriesTheClientHello()
    {
        await using var wire = LongWire.Start();
        await using SecureListener listener = wire.Listen(FastOpenMode.Cookie);

        Visit first = await wire.VisitAsync(listener, FastOpenMode.Cookie);
        Visit second = await wire.VisitAsync(listener, FastOpenMode.Cookie);

        Assert.Equal(FastOpenOutcome.CookieRequested, first.Client.FastOpen);
        Assert.Equal(FastOpenCookie.Requested, first.Ledger.FastOpenCookie);
        Assert.True(first.Ledger.FastOpenCookieGranted);
        first.AssertNothingTakenFromSyn();
        first.AssertRoundTrips(untilRequest: 2, untilFirstByte: 3);

        Assert.Equal(FastOpenOutcome.Cookie, second.Client.FastOpen);
        Assert.Equal(FastOpenCookie.Sent, second.Ledger.FastOpenCookie);
        second.AssertClientHelloInSyn();
        second.AssertRoundTrips(untilRequest: 1, untilFirstByte: 2);
    }

    [Theory]
    [InlineData(FastOpenMode.Off, 3)]
    [InlineData(FastOpenMode.Cookieless, 2)]
    public async Task HelloRetryRequest_CostsOneMore(FastOpenMode fastOpen, int untilRequest)
    {
        await using var wire = LongWire.Start();
        await using SecureListener listener = wire.Listen(fastOpen, options => options.Groups = [NamedGroup.Secp384r1]);

        Visit visit = await wire.VisitAsync(
            listener, fastOpen, options => options.Groups = [NamedGroup.Secp256r1, NamedGroup.Secp384r1]);

        Assert.True(visit.Client.HelloRetryRequested);
        Assert.True(visit.Ledger.HelloRetryRequestSeen);
        Assert.Equal(fastOpen != FastOpenMode.Off, visit.Ledger.ClientHelloInSynTaken);
        visit.AssertRoundTrips(untilRequest, untilFirstByte: untilRequest + 1);
    }

    /// <summary>With tickets the flight of this chain is a second packet long, which waits for nothing either.</summary>
    [Theory]
    [InlineData(0, 1)]
    [InlineData(4, 2)]
    public async Task ServerFlight_IsRightBehindTheSynAck_BeforeTheClientIsProven(int tickets, int packets)
    {
        // Nothing but the SYN reaches the server before its flight is on the wire: it cannot have waited for more.
        bool hasFlight = false;
        await using var wire = LongWire.Start(options => options.Rule = packet =>
        {
            hasFlight |= packet.Direction == PacketDirection.ServerToClient && packet.PayloadLength() > 0;
            return hasFlight || packet.Direction == PacketDirection.ServerToClient || packet.IsSyn()
                ? PacketVerdict.Pass
                : PacketVerdict.Drop;
        });
        await using SecureListener listener = wire.Listen(
            FastOpenMode.Cookieless, options => options.TicketCount = tickets);

        Visit visit = await wire.VisitAsync(listener, FastOpenMode.Cookieless);

        List<LedgerEntry> flight =
            [.. visit.FromServer.Where(entry => entry is { Depth: 1, PayloadBytes: > 0, IsRetransmission: false })];
        Assert.Equal(packets, flight.Count);
        Assert.Equal(
            PacketContents.ServerHello | PacketContents.Handshake,
            flight[0].Contents & (PacketContents.ServerHello | PacketContents.Handshake));
        Assert.Equal(PacketContents.SynAck, visit.FromServer.First().Contents);
        Assert.Equal(flight, visit.FromServer.Where(entry => !entry.IsRetransmission).Skip(1).Take(packets));
    }

    [Theory]
    [InlineData(FastOpenMode.Off)]
    [InlineData(FastOpenMode.Cookieless)]
    public async Task Finished_TravelsInOneSegmentWithTheRequest(FastOpenMode fastOpen)
    {
        await using var wire = LongWire.Start();
        await using SecureListener listener = wire.Listen(fastOpen);

        Visit visit = await wire.VisitAsync(listener, fastOpen);

        LedgerEntry finished = Assert.Single(
            visit.FromClient, entry => entry.Contents.HasFlag(PacketContents.Finished) && !entry.IsRetransmission);
        Assert.True(finished.Contents.HasFlag(PacketContents.Request));
    }

    [Fact]
    public async Task ClientHelloLargerThanTheSyn_SpillsOver()
    {
        const int Most = SynBudget.IPv4;
        await using var wire = LongWire.Start();
        await using SecureListener listener = wire.Listen(
            FastOpenMode.Cookieless, options => options.ApplicationProtocols = [new("protocol-99")]);

        Visit visit = await wire.VisitAsync(listener, FastOpenMode.Cookieless, options => options.ApplicationProtocols =
            [.. Enumerable.Range(0, 200).Select(i => new System.Net.Security.SslApplicationProtocol($"protocol-{i}"))]);

        Assert.Equal(FastOpenOutcome.Cookieless, visit.Client.FastOpen);
        Assert.InRange(visit.Client.ClientHelloBytes, Most + 1, 4 * Most);
        Assert.Equal(Most, visit.Ledger.SynPayloadBytes);
        Assert.Equal(Most, visit.Ledger.SynPayloadBytesTaken);
        Assert.Equal(Most, visit.Client.SynDataBytes);
        Assert.Equal("protocol-99", visit.Client.ApplicationProtocol.ToString());

        // What did not fit had to wait for the SYN-ACK, and the server for it.
        visit.AssertRoundTrips(untilRequest: 2, untilFirstByte: 3);
    }
}
