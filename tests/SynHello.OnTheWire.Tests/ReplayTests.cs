using System.Security.Cryptography;

using SynHello.Lab;
using SynHello.Sockets;
using SynHello.Tls;

namespace SynHello.OnTheWire.Tests;

/// <summary>
/// Whoever captures a returning client's SYN and sends it again gains nothing: the request in it ran once. Each test
/// proves that the server has read the copies, by the answers that it made to this ClientHello.
/// </summary>
public sealed class ReplayTests
{
    private const int Replays = 1000;
    private const int OtherPort = 8443;

    private readonly byte[] _request = RandomNumberGenerator.GetBytes(200);
    private readonly SessionTicketKeyRing _ring = new();
    private readonly StrikeRegister _register = new();

    [Theory]
    [InlineData(FastOpenMode.Cookieless)]
    [InlineData(FastOpenMode.Cookie)]
    public async Task Syn_ReplayedOneByOne_RunsOnce(FastOpenMode mode)
    {
        await using LongWire wire = Recording.StartWire();
        await using CountingServer server = Listen(wire, mode: mode);
        if (mode == FastOpenMode.Cookie)
            await Recording.VisitAsync(wire, server, wire.CreateClient(mode), RandomNumberGenerator.GetBytes(200));
        Recording recording = await Recording.MakeAsync(wire, server, _request, mode);

        for (int i = 0; i < Replays; i++)
        {
            recording.Replay(wire, i);
            await server.AnsweredAsync(recording.ClientRandom, 2 + i);
        }

        await AssertRanOnceAsync(wire, server, recording);
        Assert.Equal(Replays, _register.RefusedAsKnown);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(16)]
    public async Task Syn_ReplayedAtOnce_RunsOnce(int threads)
    {
        await using LongWire wire = Recording.StartWire();
        await using CountingServer server = Listen(wire);
        Recording recording = await Recording.MakeAsync(wire, server, _request);

        await recording.ReplayAsync(wire, Replays, threads);
        await server.AnsweredAsync(recording.ClientRandom, 1 + Replays);

        await AssertRanOnceAsync(wire, server, recording);
        Assert.Equal(Replays, _register.RefusedAsKnown);
    }

    [Fact]
    public async Task FirstFlight_ReplayedOverTcp_RunsOnce()
    {
        await using LongWire wire = Recording.StartWire();
        await using CountingServer server = Listen(wire);
        Recording recording = await Recording.MakeAsync(wire, server, _request);

        using IDisposable connections =
            await recording.ReplayOverTcpAsync(server.Listener.LocalEndPoint, Replays, threads: 16);
        await server.AnsweredAsync(recording.ClientRandom, 1 + Replays);

        await AssertRanOnceAsync(wire, server, recording);
        Assert.Equal(Replays, _register.RefusedAsKnown);
    }

    /// <summary>The keys are the same; the register is a new one, with a scope of its own, as after every restart.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Syn_ReplayedAfterARestart_RunsOnce(bool overTcp)
    {
        await using LongWire wire = Recording.StartWire();
        Recording recording;
        await using (CountingServer before = Listen(wire))
        {
            recording = await Recording.MakeAsync(wire, before, _request);
            Assert.Equal((1, 1, 1), (before.Runs, before.EarlyRuns, before.Unproven));
        }

        var register = new StrikeRegister();
        await using CountingServer server = Listen(wire, Copy(_ring), register);
        using IDisposable? connections = await ReplayAsync(wire, server, recording, overTcp);
        await server.AnsweredAsync(recording.ClientRandom, Replays);

        await AssertNeverRanAsync(wire, server, recording);
        Assert.Equal(Replays, server.Keys.Opened); // the tickets were good
        Assert.Equal(0, register.Accepted + register.Refused); // and not for this register
    }

    /// <summary>The register's scope outlives the process: it stays closed until nothing is fresh that it has forgotten.</summary>
    [Fact]
    public async Task Syn_ReplayedAfterARestartInTheSameScope_RunsOnce()
    {
        await using LongWire wire = Recording.StartWire();
        Recording recording;
        await using (CountingServer before = Listen(wire))
            recording = await Recording.MakeAsync(wire, before, _request);

        var register = new StrikeRegister(_register.Scope, CountingServer.Window);
        await using CountingServer server = Listen(wire, Copy(_ring), register);
        await recording.ReplayAsync(wire, Replays, threads: 16);
        await server.AnsweredAsync(recording.ClientRandom, Replays);

        await AssertNeverRanAsync(wire, server, recording);
        Assert.Equal((0, Replays), (register.Accepted, register.RefusedWhileClosed));
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task Syn_ReplayedToAnotherListener_RunsOnce(bool sharesRing, bool sharesRegister)
    {
        await using LongWire wire = Recording.StartWire();
        await using CountingServer server = Listen(wire);
        StrikeRegister register = sharesRegister ? _register : new StrikeRegister();
        await using CountingServer other = Listen(wire, sharesRing ? _ring : Copy(_ring), register, OtherPort);
        Recording recording = await Recording.MakeAsync(wire, server, _request);

        for (int i = 0; i < Replays; i++)
            recording.Replay(wire, i, OtherPort);
        using IDisposable connections =
            await recording.ReplayOverTcpAsync(other.Listener.LocalEndPoint, Replays, threads: 16);
        await other.AnsweredAsync(recording.ClientRandom, 2 * Replays);

        Assert.Equal((1, 1, 1), (server.Runs, server.EarlyRuns, server.Unproven));
        await AssertNeverRanAsync(wire, other, recording);
        Assert.Equal(2 * Replays, other.Keys.Opened);
        Assert.Equal(sharesRegister ? 2 * Replays : 0, register.Refused);
    }

    [Fact]
    public async Task SynThatTheNetworkDuplicates_RunsOnce()
    {
        await using LongWire wire = Recording.StartWire(options => options.DuplicateSynAfter = TimeSpan.Zero);
        await using CountingServer server = Listen(wire);

        Recording recording = await Recording.MakeAsync(wire, server, _request);

        Assert.Equal(2, wire.Packets.Count(packet => packet.Sequence == recording.Syn.Sequence && packet.DeliveredAt is not null));
        await AssertRanOnceAsync(wire, server, recording);
        Assert.Equal((1, 0), (_register.Accepted, _register.Refused)); // the kernel has seen to it
    }

    [Fact]
    public async Task SynThatTheNetworkDeliversAgain_AfterTheConnectionIsForgotten_RunsOnce()
    {
        await using LongWire wire = Recording.StartWire();
        await using CountingServer server = Listen(wire);
        Recording recording = await Recording.MakeAsync(wire, server, _request);
        server.AbortConnections();

        wire.Wire.Inject(recording.Syn.Bytes.Span, PacketDirection.ClientToServer);
        await server.AnsweredAsync(recording.ClientRandom, 2);

        await AssertRanOnceAsync(wire, server, recording);
        Assert.Equal(1, _register.RefusedAsKnown);
    }

    /// <summary>Copies that come together with the original: one of them all is taken, whichever is first.</summary>
    [Fact]
    public async Task CopiesThatRaceTheOriginal_AreTakenOnceAmongThem()
    {
        const int Copies = 16;
        LongWire? racing = null;
        await using LongWire wire = Recording.StartWire(options =>
        {
            Func<WirePacket, PacketVerdict> rule = options.Rule!;
            options.Rule = packet =>
            {
                if (HasData(packet) && Interlocked.Exchange(ref racing, null) is { } target)
                {
                    for (int i = 0; i < Copies; i++)
                        new Recording(packet.Copy()).Replay(target, i);
                }

                return rule(packet);
            };
        });
        await using CountingServer server = Listen(wire);
        SecureClient client = wire.CreateClient(FastOpenMode.Cookieless);
        await Recording.VisitAsync(wire, server, client, RandomNumberGenerator.GetBytes(_request.Length));
        Volatile.Write(ref racing, wire);

        HandshakeReport report = await Recording.VisitAsync(wire, server, client, _request);
        var recording = Recording.LastOn(wire);
        await server.AnsweredAsync(recording.ClientRandom, 1 + Copies);

        Assert.Equal(1, server.Accepted(recording.ClientRandom));

        // A client whose own was refused sends its request once more, when it has completed its handshake.
        int runs = report.EarlyData == EarlyDataStatus.Accepted ? 1 : 2;
        await server.RanAsync(runs);
        await AssertServesAsync(wire, server);
        Assert.Equal((runs, 1, 1), (server.Runs, server.EarlyRuns, server.Unproven));
        Assert.Equal((1, Copies), (_register.Accepted, _register.RefusedAsKnown));
    }

    /// <summary>
    /// What no server can prevent (RFC 8446 appendix E.5): an attacker holds the original back and delivers a copy. The
    /// early data was taken once all the same, and the client's second sending is one of a complete handshake.
    /// </summary>
    [Fact]
    public async Task CopyOfAnOriginalThatIsHeldBack_IsTakenOnce_AndTheClientSendsItsRequestAgain()
    {
        TaskCompletionSource<WirePacket>? hold = null;
        await using LongWire wire = Recording.StartWire(options =>
        {
            Func<WirePacket, PacketVerdict> rule = options.Rule!;
            options.Rule = packet =>
            {
                if (!HasData(packet) || Interlocked.Exchange(ref hold, null) is not { } holding)
                    return rule(packet);
                holding.SetResult(packet.Copy());
                return PacketVerdict.Drop;
            };
        });
        await using CountingServer server = Listen(wire);
        SecureClient client = wire.CreateClient(FastOpenMode.Cookieless);
        await Recording.VisitAsync(wire, server, client, RandomNumberGenerator.GetBytes(_request.Length));
        var held = new TaskCompletionSource<WirePacket>(TaskCreationOptions.RunContinuationsAsynchronously);
        Volatile.Write(ref hold, held);

        // The client's kernel sends the SYN again after a second, without data, and the data behind it.
        Task<HandshakeReport> visit = Recording.VisitAsync(wire, server, client, _request);
        var recording = new Recording(await held.Task.WaitAsync(TimeSpan.FromMinutes(2)));
        recording.Replay(wire, 0);
        await server.RanAsync(1);
        HandshakeReport report = await visit;

        Assert.Equal((EarlyDataStatus.Rejected, true), (report.EarlyData, report.EarlyDataSent));
        Assert.Equal((2, 1, 1), (server.Runs, server.EarlyRuns, server.Unproven));
        Assert.Equal((1, 1), (server.Accepted(recording.ClientRandom), (int)_register.RefusedAsKnown));
    }

    /// <summary>What the tests above would show if the register did not do its work.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task WithABrokenRegister_EveryReplayRuns(bool overTcp)
    {
        await using LongWire wire = Recording.StartWire();
        await using CountingServer server = Listen(wire, register: new ForgetfulRegister(Guid.NewGuid()));
        Recording recording = await Recording.MakeAsync(wire, server, _request);

        using IDisposable? connections = await ReplayAsync(wire, server, recording, overTcp);
        await server.RanAsync(1 + Replays);

        Assert.Equal((1 + Replays, 1 + Replays), (server.EarlyRuns, server.Unproven));
    }

    [Fact]
    public async Task WithABrokenRegister_EveryReplayRunsAgainAfterARestart()
    {
        await using LongWire wire = Recording.StartWire();
        var register = new ForgetfulRegister(Guid.NewGuid());
        Recording recording;
        await using (CountingServer before = Listen(wire, register: register))
            recording = await Recording.MakeAsync(wire, before, _request);

        await using CountingServer server = Listen(wire, Copy(_ring), register);
        await recording.ReplayAsync(wire, Replays, threads: 16);
        await server.RanAsync(Replays);

        Assert.Equal((Replays, Replays), (server.EarlyRuns, server.Unproven));
    }

    private static bool HasData(WirePacket packet) => packet.IsSyn() && packet.PayloadLength() > 0;

    private static async Task<IDisposable?> ReplayAsync(
        LongWire wire, CountingServer server, Recording recording, bool overTcp)
    {
        if (overTcp)
            return await recording.ReplayOverTcpAsync(server.Listener.LocalEndPoint, Replays, threads: 16);
        await recording.ReplayAsync(wire, Replays, threads: 16);
        return null;
    }

    /// <summary>Asserts that the request ran for the client who sent it, early, and for nobody else.</summary>
    private async Task AssertRanOnceAsync(LongWire wire, CountingServer server, Recording recording)
    {
        Assert.Equal(1, server.Accepted(recording.ClientRandom));
        await AssertServesAsync(wire, server);
        Assert.Equal((1, 1, 1), (server.Runs, server.EarlyRuns, server.Unproven));
        Assert.Equal(1, _register.Accepted);
    }

    private static async Task AssertNeverRanAsync(LongWire wire, CountingServer server, Recording recording)
    {
        Assert.Equal(0, server.Accepted(recording.ClientRandom));
        await AssertServesAsync(wire, server);
        Assert.Equal((0, 0, 0), (server.Runs, server.EarlyRuns, server.Unproven));
    }

    /// <summary>Another client is served: what was accepted before it has reached the application by then.</summary>
    private static async Task AssertServesAsync(LongWire wire, CountingServer server)
    {
        HandshakeReport report = await Recording.VisitAsync(
            wire, server, wire.CreateClient(FastOpenMode.Off), RandomNumberGenerator.GetBytes(200));
        Assert.Equal(EarlyDataStatus.None, report.EarlyData);
    }

    private CountingServer Listen(
        LongWire wire,
        SessionTicketKeyRing? ring = null,
        ReplayRegister? register = null,
        int port = LongWire.Port,
        FastOpenMode mode = FastOpenMode.Cookieless) =>
        new(wire, _request, new CountedKeys(ring ?? _ring), register ?? _register, port, mode);

    /// <summary>Another ring with the same keys.</summary>
    private static SessionTicketKeyRing Copy(SessionTicketKeyRing ring)
    {
        var copy = new SessionTicketKeyRing();
        foreach (SessionTicketKey key in ring.Export())
        {
            using (key)
                Assert.True(copy.Import(key, makeCurrent: true));
        }

        return copy;
    }
}
