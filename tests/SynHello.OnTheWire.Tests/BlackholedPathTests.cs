using System.Security.Cryptography;

using SynHello.Capture;
using SynHello.Lab;
using SynHello.Sockets;
using SynHello.Tls;

using Direction = SynHello.Lab.PacketDirection;

namespace SynHello.OnTheWire.Tests;

/// <summary>Paths that lose what Fast Open sends, and clients that are hardly the slower for it, and only once.</summary>
public sealed class BlackholedPathTests
{
    private static readonly TimeSpan s_most = TimeSpan.FromMilliseconds(300);

    private readonly MovableClock _clock = new();

    [Theory]
    [InlineData(FastOpenMode.Cookieless)]
    [InlineData(FastOpenMode.Cookie)]
    public async Task FirstVisit_LosesAQuarterOfASecond(FastOpenMode mode)
    {
        // What the machine was late by is not the client's time: such a visit is made again.
        const int Tries = 10;
        using var watch = StallWatch.Start(TimeSpan.FromMilliseconds(10));
        for (int i = 1; ; i++)
        {
            await using LongWire wire = StartLossy();
            await using SecureListener listener = wire.Listen(mode);
            long start = TimeProvider.System.GetTimestamp();
            Visit visit = await wire.VisitAsync(listener, mode, UseClock);

            Assert.Equal(2, wire.Connections.Count);
            WirePacket[] lost = [.. wire.Connections[0]];
            WirePacket syn = wire.Connections[1].First();
            Assert.All(lost[..1], packet => Assert.Equal(DropReason.Rule, packet.DropReason));
            Assert.True(syn.IsSyn() && !syn.HasFastOpenOption() && syn.PayloadLength() == 0);
            Assert.Equal((FastOpenOutcome.Fallback, 0), (visit.Client.FastOpen, visit.Client.SynDataBytes));
            Assert.Null(visit.Client.SynRoom);
            visit.AssertRoundTrips(untilRequest: 2, untilFirstByte: 3);
            if (watch.HasStalledSince(start) && i < Tries)
                continue;

            // The SYN was not sent a second time, and no other packet either.
            Assert.Single(lost);
            Assert.InRange(syn.SentAt - lost[0].SentAt, TimeSpan.Zero, s_most);
            return;
        }
    }

    [Theory]
    [InlineData(FastOpenMode.Cookieless)]
    [InlineData(FastOpenMode.Cookie)]
    public async Task NextVisits_CostWhatPlainOnesCost(FastOpenMode mode)
    {
        await using LongWire wire = StartLossy();
        await using SecureListener listener = wire.Listen(mode);
        var paths = new FastOpenPaths(timeProvider: _clock);
        await VisitAsync(wire, listener, mode, paths);
        int before = wire.Connections.Count;

        Visit visit = await VisitAsync(wire, listener, mode, paths);
        Visit plain = await VisitAsync(wire, listener, FastOpenMode.Off, paths);

        Assert.Equal(before + 2, wire.Connections.Count);
        Assert.Equal(FastOpenOutcome.Fallback, visit.Client.FastOpen);
        Assert.Equal(Contents(plain.FromClient), Contents(visit.FromClient));
        Assert.Equal(Contents(plain.FromServer), Contents(visit.FromServer));
        Assert.Equal(SynLength(plain), SynLength(visit));
        visit.AssertRoundTrips(untilRequest: 2, untilFirstByte: 3);
    }

    [Fact]
    public async Task AfterTheBackOff_OneVisitTriesAgain()
    {
        await using LongWire wire = StartLossy();
        await using SecureListener listener = wire.Listen(FastOpenMode.Cookieless);
        var paths = new FastOpenPaths(timeProvider: _clock);
        List<int> connections = [];
        foreach (int minutes in new[] { 0, 0, 1, 1, 1, 0 })
        {
            _clock.Move(TimeSpan.FromMinutes(minutes));
            int before = wire.Connections.Count;
            await VisitAsync(wire, listener, FastOpenMode.Cookieless, paths);
            connections.Add(wire.Connections.Count - before);
        }

        // The second time it is left alone for two minutes.
        Assert.Equal([2, 1, 2, 1, 2, 1], connections);
        Assert.True(paths.TryGet(wire.Wire.RemoteAddress, wire.Wire.LocalAddress, out FastOpenPath path));
        Assert.Equal((FastOpenPathState.Blackholed, 3), (path.State, path.Failures));
    }

    [Fact]
    public async Task PathThatHasHealed_IsUsedAgain()
    {
        bool loses = true;
        await using LongWire wire = StartLossy(() => Volatile.Read(ref loses));
        await using SecureListener listener = wire.Listen(FastOpenMode.Cookieless);
        var paths = new FastOpenPaths(timeProvider: _clock);
        await VisitAsync(wire, listener, FastOpenMode.Cookieless, paths);
        Volatile.Write(ref loses, false);
        _clock.Move(TimeSpan.FromMinutes(1));

        for (int i = 0; i < 2; i++)
        {
            Visit visit = await VisitAsync(wire, listener, FastOpenMode.Cookieless, paths);
            visit.AssertClientHelloInSyn();
            visit.AssertRoundTrips(untilRequest: 1, untilFirstByte: 2);
        }
    }

    [Theory]
    [InlineData(FastOpenMode.Off)] // its SYN-ACK acknowledges the SYN, and not the data
    [InlineData(FastOpenMode.Cookieless)]
    public async Task AnswerThatComesTooLate_GetsAResetAndNoByte(FastOpenMode ofServer)
    {
        int? late = null;
        await using var wire = LongWire.Start(options => options.Rule = packet =>
        {
            if (packet.IsSyn() && packet.PayloadLength() > 0)
                late = packet.ClientPort();
            return packet.Direction == Direction.ServerToClient && packet.ClientPort() == late
                ? PacketVerdict.Delay(TimeSpan.FromSeconds(3))
                : PacketVerdict.Pass;
        });
        await using SecureListener listener = wire.Listen(ofServer);
        Visit visit = await wire.VisitAsync(listener, FastOpenMode.Cookieless, UseClock);
        Assert.Equal(FastOpenOutcome.Fallback, visit.Client.FastOpen);
        visit.AssertNothingTakenFromSyn();

        int loser = wire.Connections[0].Key;
        await wire.PacketAsync(packet => packet.ClientPort() == loser && packet.IsReset());
        IEnumerable<WirePacket> sent = wire.Connections[0].Where(packet => packet.Direction == Direction.ClientToServer);
        Assert.All(sent.Skip(1), packet => Assert.True(packet.IsReset() && packet.PayloadLength() == 0));
    }

    [Fact]
    public async Task EarlyData_IsNotSentASecondTimeAsSuch()
    {
        bool loses = false;
        await using LongWire wire = StartLossy(() => Volatile.Read(ref loses));
        byte[] request = RandomNumberGenerator.GetBytes(200);
        var register = new StrikeRegister();
        await using var server = new CountingServer(wire, request, new CountedKeys(new SessionTicketKeyRing()), register);
        SecureClient client = wire.CreateClient(FastOpenMode.Cookieless, UseClock);
        await Recording.VisitAsync(wire, server, client, RandomNumberGenerator.GetBytes(200));
        Volatile.Write(ref loses, true);

        HandshakeReport report = await Recording.VisitAsync(wire, server, client, request);

        Assert.Equal((FastOpenOutcome.Fallback, true), (report.FastOpen, report.IsResumed));
        Assert.Equal(
            (EarlyDataStatus.None, EarlyDataReason.AnotherAddressDialed, true),
            (report.EarlyData, report.EarlyDataReason, report.EarlyDataSent));
        Assert.Equal((1, 0), (server.Runs, server.EarlyRuns));
        Assert.Equal((0, 0), (register.Accepted, register.Refused));
        Assert.Equal(3, wire.Connections.Count);
        Assert.Equal(EarlyDataUse.None, wire.LedgerOf(wire.Connections[2].Key).EarlyData);

        // The path is left alone now; early data goes as it does without Fast Open.
        report = await Recording.VisitAsync(wire, server, client, request);
        Assert.Equal(
            (FastOpenOutcome.Fallback, EarlyDataStatus.Accepted, 1),
            (report.FastOpen, report.EarlyData, report.RoundTripsUntilRequest));
        Assert.Equal((2, 1), (server.Runs, server.EarlyRuns));
    }

    private void UseClock(SecureClientOptions options) => options.TimeProvider = _clock;

    private Task<Visit> VisitAsync(LongWire wire, SecureListener listener, FastOpenMode mode, FastOpenPaths paths) =>
        wire.VisitAsync(listener, mode, options => (options.TimeProvider, options.FastOpenPaths) = (_clock, paths));

    // Loses SYNs with data, and SYNs that ask for a cookie.
    private static LongWire StartLossy(Func<bool>? loses = null) => LongWire.Start(options => options.Rule = packet =>
        loses?.Invoke() != false && packet.IsSyn() && (packet.PayloadLength() > 0 || packet.HasFastOpenOption())
            ? PacketVerdict.Drop
            : PacketVerdict.Pass);

    // Without bare acknowledgments: how many there are depends on how quickly the ends read.
    private static IEnumerable<PacketContents> Contents(IEnumerable<LedgerEntry> entries) =>
        entries.Select(entry => entry.Contents).Where(contents => contents != PacketContents.Ack);

    private static int SynLength(Visit visit) => visit.Packets[0].IpPacket.Length;
}
