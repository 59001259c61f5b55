using System.Security.Cryptography;

using SynHello.Capture;
using SynHello.Lab;
using SynHello.Sockets;
using SynHello.Tls;

using Direction = SynHello.Lab.PacketDirection;

namespace SynHello.OnTheWire.Tests;

/// <summary>
/// Paths that let a SYN with data and its SYN-ACK through, and kill the connection behind it, as some middleboxes do.
/// </summary>
public sealed class KilledConnectionTests
{
    private readonly MovableClock _clock = new();
    private int _killed;
    private bool _kills = true;

    [Theory]
    [InlineData(FastOpenMode.Cookieless, true)]
    [InlineData(FastOpenMode.Cookieless, false)]
    [InlineData(FastOpenMode.Cookie, true)]
    [InlineData(FastOpenMode.Cookie, false)]
    public async Task ConnectionThatIsKilled_IsMadeOnceMoreWithoutFastOpen(FastOpenMode mode, bool byReset)
    {
        await using LongWire wire = StartKilling(byReset);
        await using SecureListener listener = wire.Listen(mode, Forget);
        SecureClient client = CreateClient(wire, mode);

        Visit visit = await wire.ReturnAsync(listener, client);

        Assert.Equal(2, wire.Connections.Count);
        Assert.True(_killed > 0);
        Assert.Equal((FastOpenOutcome.Fallback, 0), (visit.Client.FastOpen, visit.Client.SynDataBytes));
        visit.AssertNothingTakenFromSyn();
        visit.AssertRoundTrips(untilRequest: 2, untilFirstByte: 3);
        AssertGivenUp(wire);

        // The next one does not even try.
        visit = await wire.ReturnAsync(listener, client);
        Assert.Equal(3, wire.Connections.Count);
        Assert.Equal(FastOpenOutcome.Fallback, visit.Client.FastOpen);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task EarlyData_IsOnOneConnectionOnly(bool byReset)
    {
        _kills = false;
        await using LongWire wire = StartKilling(byReset);
        byte[] request = RandomNumberGenerator.GetBytes(200);
        var register = new StrikeRegister();
        await using var server = new CountingServer(wire, request, new CountedKeys(new SessionTicketKeyRing()), register);
        var sessions = new MemorySessionStore();
        await Recording.VisitAsync(
            wire, server, CreateClient(wire, FastOpenMode.Off, sessions), RandomNumberGenerator.GetBytes(200));
        Volatile.Write(ref _kills, true);

        HandshakeReport report = await Recording.VisitAsync(
            wire, server, CreateClient(wire, FastOpenMode.Cookieless, sessions), request);

        Assert.Equal(3, wire.Connections.Count);
        Assert.Equal(
            (FastOpenOutcome.Fallback, EarlyDataStatus.None, EarlyDataReason.AnotherAddressDialed, true),
            (report.FastOpen, report.EarlyData, report.EarlyDataReason, report.EarlyDataSent));
        Assert.Equal(
            [EarlyDataUse.Accepted, EarlyDataUse.None],
            wire.Connections.Skip(1).Select(connection => wire.LedgerOf(connection.Key).EarlyData));

        // The server had it early, on the connection that was killed, and then again as the request that it is: that it does
        // no harm when it is done twice, is what the caller has declared.
        Assert.Equal((2, 1), (server.Runs, server.EarlyRuns));
        Assert.Equal((1, 0), (register.Accepted, register.Refused));
    }

    [Fact]
    public async Task ResetOnAPathThatWasGood_IsFollowedByAPlainConnectionToo()
    {
        _kills = false;
        await using LongWire wire = StartKilling(byReset: true);
        await using SecureListener listener = wire.Listen(FastOpenMode.Cookieless, Forget);
        SecureClient client = CreateClient(wire, FastOpenMode.Cookieless);
        (await wire.ReturnAsync(listener, client)).AssertClientHelloInSyn();
        Volatile.Write(ref _kills, true);

        Visit visit = await wire.ReturnAsync(listener, client);

        Assert.Equal(FastOpenOutcome.Fallback, visit.Client.FastOpen);
        Assert.Equal(3, wire.Connections.Count);
    }

    // Nothing of it but the SYN, acknowledgments and the reset at its end.
    private static void AssertGivenUp(LongWire wire)
    {
        WirePacket[] sent = [.. wire.Connections[0].Where(packet => packet.Direction == Direction.ClientToServer)];
        Assert.True(sent[0].IsSyn());
        Assert.All(wire.Connections[1].Where(packet => packet.IsSyn()), syn => Assert.False(syn.HasFastOpenOption()));
        Assert.All(wire.Connections[1].Where(packet => packet.IsSyn()), syn => Assert.Equal(0, syn.PayloadLength()));
    }

    // What the killed connection leaves at the server must not stand in the way of the one that follows.
    private static void Forget(SecureListenerOptions options) => options.HandshakeTimeout = Timeout.InfiniteTimeSpan;

    private SecureClient CreateClient(LongWire wire, FastOpenMode mode, SessionStore? sessions = null) =>
        wire.CreateClient(mode, options =>
        {
            (options.TimeProvider, options.SessionStore) = (_clock, sessions);

            // A slow machine may take as long as it likes; silence is suspected after three seconds.
            options.HandshakeTimeout = Timeout.InfiniteTimeSpan;
        });

    // Kills what a SYN with data, or with a request for a cookie, has opened: the server's first data is lost, or replaced by
    // a reset.
    private LongWire StartKilling(bool byReset)
    {
        HashSet<int> marked = [];
        return LongWire.Start(options => options.Rule = packet =>
        {
            if (packet.IsSyn() && Volatile.Read(ref _kills) && (packet.PayloadLength() > 0 || packet.HasFastOpenOption()))
                marked.Add(packet.ClientPort());
            if (packet.Direction != Direction.ServerToClient || packet.PayloadLength() == 0 || !marked.Contains(packet.ClientPort()))
                return PacketVerdict.Pass;
            Interlocked.Increment(ref _killed);
            return byReset ? PacketVerdict.Replace(packet.ToReset()) : PacketVerdict.Drop;
        });
    }
}
