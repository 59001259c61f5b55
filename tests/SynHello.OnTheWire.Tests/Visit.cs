using SynHello.Capture;

namespace SynHello.OnTheWire.Tests;

/// <summary>One connection with a request and its response.</summary>
/// <param name="Client">What the client says of it.</param>
/// <param name="Server">What the server says of it.</param>
/// <param name="Packets">What crossed the wire.</param>
internal sealed record Visit(HandshakeReport Client, HandshakeReport Server, IReadOnlyList<CapturedPacket> Packets)
{
    private const int LongerThanTickets = 1000;

    public RoundTripLedger Ledger { get; } = RoundTripLedger.Read(
        Packets, new RoundTripLedgerOptions { MinimumResponseRecordLength = LongerThanTickets });

    /// <summary>The client's own packets in the ledger, in the order of sending.</summary>
    public IEnumerable<LedgerEntry> FromClient =>
        Ledger.Entries.Where(entry => entry.Direction == PacketDirection.ClientToServer);

    /// <summary>The server's packets in the ledger, in the order of sending.</summary>
    public IEnumerable<LedgerEntry> FromServer =>
        Ledger.Entries.Where(entry => entry.Direction == PacketDirection.ServerToClient);

    /// <summary>Asserts the round trips, as the packets and as the client's own report count them.</summary>
    public void AssertRoundTrips(int untilRequest, int untilFirstByte)
    {
        Assert.Equal((untilRequest, untilFirstByte), (Ledger.RequestSentRoundTrips, Ledger.FirstByteRoundTrips));
        Assert.Equal(
            (untilRequest, untilFirstByte), (Client.RoundTripsUntilRequest, Client.RoundTripsUntilFirstByte));
    }

    /// <summary>Asserts that the SYN carried the whole ClientHello, and that everybody knows it.</summary>
    public void AssertClientHelloInSyn()
    {
        Assert.True(Ledger.ClientHelloInSynTaken);
        Assert.Equal(Client.ClientHelloBytes, Ledger.SynPayloadBytes);
        Assert.Equal(Client.ClientHelloBytes, Client.SynDataBytes);
        Assert.Equal(Client.ClientHelloBytes, Server.SynDataBytes);
        Assert.Single(FromClient, entry => entry.Contents.HasFlag(PacketContents.ClientHello));
    }

    /// <summary>Asserts that the client did not get a byte through in the SYN, and that everybody knows it.</summary>
    public void AssertNothingTakenFromSyn()
    {
        Assert.Equal(0, Ledger.SynPayloadBytesTaken);
        Assert.Equal(0, Client.SynDataBytes);
        Assert.Equal(0, Server.SynDataBytes);
        Assert.Equal(Sockets.FastOpenOutcome.Off, Server.FastOpen);
    }
}
