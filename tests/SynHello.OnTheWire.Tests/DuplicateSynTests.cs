using System.Security.Cryptography;

using SynHello.Lab;
using SynHello.Sockets;
using SynHello.Testing;
using SynHello.Tls;

namespace SynHello.OnTheWire.Tests;

/// <summary>
/// A SYN with early data that the network delivers twice (RFC 7413 section 6.1): whenever the copy comes, the
/// application acts once, and nothing of the copy is left behind.
/// </summary>
public sealed class DuplicateSynTests
{
    private const int Host = 1;
    private const int GrantingPort = 8443;

    private static readonly byte[] _key = RandomNumberGenerator.GetBytes(16);

    private readonly byte[] _request = RandomNumberGenerator.GetBytes(200);
    private readonly StrikeRegister _register = new();
    private readonly CountedKeys _keys = new(new SessionTicketKeyRing());

    /// <summary>When the copy comes.</summary>
    public enum Moment
    {
        /// <summary>Right behind the original.</summary>
        AtOnce,

        /// <summary>When the application has acted, and the address is not proven yet.</summary>
        Unproven,

        /// <summary>When the handshake is complete.</summary>
        Established,

        /// <summary>When the client has closed first, and the server's end is gone too.</summary>
        ClientClosed,

        /// <summary>When the client has reset the connection.</summary>
        ClientReset,

        /// <summary>When the server has.</summary>
        ServerReset,

        /// <summary>
        /// When the server has closed first, and its kernel waits for just such copies (RFC 9293 section 3.6.1).
        /// </summary>
        TimeWait,

        /// <summary>When the server has not heard of the client for seconds, and has given it up.</summary>
        GivenUp,
    }

    [Theory]
    [InlineData(FastOpenMode.Cookieless, Moment.AtOnce, 1)]
    [InlineData(FastOpenMode.Cookieless, Moment.Unproven, 1)]
    [InlineData(FastOpenMode.Cookieless, Moment.Established, 1)]
    [InlineData(FastOpenMode.Cookieless, Moment.ClientClosed, 2)]
    [InlineData(FastOpenMode.Cookieless, Moment.ClientReset, 2)]
    [InlineData(FastOpenMode.Cookieless, Moment.ServerReset, 2)]
    [InlineData(FastOpenMode.Cookieless, Moment.TimeWait, 1)]
    [InlineData(FastOpenMode.Cookieless, Moment.GivenUp, 2)]
    [InlineData(FastOpenMode.Cookie, Moment.AtOnce, 1)]
    [InlineData(FastOpenMode.Cookie, Moment.Unproven, 1)]
    [InlineData(FastOpenMode.Cookie, Moment.Established, 1)]
    [InlineData(FastOpenMode.Cookie, Moment.ClientClosed, 2)]
    [InlineData(FastOpenMode.Cookie, Moment.ClientReset, 2)]
    [InlineData(FastOpenMode.Cookie, Moment.ServerReset, 2)]
    [InlineData(FastOpenMode.Cookie, Moment.TimeWait, 1)]
    public async Task Copy_MakesTheApplicationActOnce(FastOpenMode mode, Moment moment, int children)
    {
        await using LongWire wire = SpoofedClient.StartWire();
        await using CountingServer server = Listen(wire, mode, _register);
        int descriptors = KernelSockets.CountDescriptors();
        TlsSession session = await RawVisitor.GetSessionAsync(server.Listener);
        byte[]? cookie = mode == FastOpenMode.Cookie ? await GetCookieAsync(wire) : null;
        using var client = new SpoofedClient(wire, Host) { Cookie = cookie };
        var counters = new KernelCounters("TCPFastOpenPassive");

        string random = await VisitAsync(server, client, session, moment);
        client.SendSynAgain();

        // Whoever comes after it is served after it; and its own attempt is another one.
        byte[] other = RandomNumberGenerator.GetBytes(_request.Length);
        using var next = new SpoofedClient(wire, Host) { Cookie = cookie };
        using EngineEnd nextEngine = RawVisitor.Start(session: session, earlyData: other);
        next.SendSyn(nextEngine.TakeOutput());
        await server.DoneAsync(2);
        await server.AnsweredAsync(random, children);

        Assert.Equal(children + 1, counters.Read()["TCPFastOpenPassive"]);
        Assert.Equal(children, server.Answered(random));
        Assert.Equal(1, server.Accepted(random));
        Assert.Equal((2, children - 1), (_register.Accepted, _register.Refused));
        await AssertNothingIsLeftAsync(server, descriptors, client, next);
        Assert.Equal(
            new[] { Convert.ToHexString(_request), Convert.ToHexString(other) }.Order(StringComparer.Ordinal),
            server.Deeds.Select(deed => deed.Request).Order(StringComparer.Ordinal));
        Assert.All(server.Deeds, deed => Assert.True(deed.IsEarly));
        Assert.Equal((1, 0), (server.Runs, server.FurtherBytes));
    }

    /// <summary>
    /// A real client's kernel answers what the copy has opened with a reset, as it knows nothing of it.
    /// </summary>
    [Theory]
    [InlineData(FastOpenMode.Cookieless)]
    [InlineData(FastOpenMode.Cookie)]
    public async Task CopyThatIsSecondsLate_IsForgottenByBothEnds(FastOpenMode mode)
    {
        TimeSpan late = TimeSpan.FromSeconds(2);
        bool isDuplicated = false;
        await using var wire = LongWire.Start(options => options.Rule = packet =>
            Volatile.Read(ref isDuplicated) && packet.IsSyn() ? PacketVerdict.Duplicate(late) : PacketVerdict.Pass);
        await using CountingServer server = Listen(wire, mode, _register);
        SecureClient client = wire.CreateClient(mode);
        byte[] other = RandomNumberGenerator.GetBytes(_request.Length);
        await Recording.VisitAsync(wire, server, client, other);
        await KernelSockets.EventuallyAsync(() => server.Listener.HandshakesUnderWay == 0);
        int descriptors = KernelSockets.CountDescriptors();
        Volatile.Write(ref isDuplicated, true);

        HandshakeReport report = await Recording.VisitAsync(wire, server, client, _request);
        Volatile.Write(ref isDuplicated, false);
        var recording = Recording.LastOn(wire);
        Assert.Equal((EarlyDataStatus.Accepted, recording.Flight.Length), (report.EarlyData, report.SynDataBytes));
        await server.AnsweredAsync(recording.ClientRandom, 2);

        // The flight that was drawn, and the client's answer to it.
        await KernelSockets.EventuallyAsync(() => wire.Packets.Any(packet =>
            packet.Direction == PacketDirection.ClientToServer && packet.IsReset()
            && packet.SentAt > recording.Syn.SentAt + late));
        await KernelSockets.EventuallyAsync(() => server.Listener.HandshakesUnderWay == 0);
        await KernelSockets.DescriptorsBackAsync(descriptors);
        Assert.Equal((1, 1, 0), (server.Runs, server.EarlyRuns, server.FurtherBytes));
        Assert.Equal((1, 1), (_register.Accepted, _register.RefusedAsKnown));
    }

    /// <summary>What the tests above would show if the register did not do its work.</summary>
    [Fact]
    public async Task WithABrokenRegister_TheCopyRuns()
    {
        await using LongWire wire = SpoofedClient.StartWire();
        await using CountingServer server =
            Listen(wire, FastOpenMode.Cookieless, new ForgetfulRegister(Guid.NewGuid()));
        TlsSession session = await RawVisitor.GetSessionAsync(server.Listener);
        using var client = new SpoofedClient(wire, Host);

        await VisitAsync(server, client, session, Moment.ClientClosed);
        client.SendSynAgain();
        await server.DoneAsync(2);

        Assert.Equal((2, 2), (server.Runs, server.EarlyRuns));
    }

    private CountingServer Listen(LongWire wire, FastOpenMode mode, ReplayRegister register) =>
        new(wire, _request, _keys, register, mode: mode, configure: options => options.FastOpenKeys = _key);

    private static async Task<byte[]> GetCookieAsync(LongWire wire)
    {
        await using SecureListener granting = wire.Listen(
            FastOpenMode.Cookie, options => options.FastOpenKeys = _key, GrantingPort);
        return await SpoofedClient.GetCookieAsync(wire, Host, GrantingPort);
    }

    /// <summary>Has a client come with the request, up to a moment.</summary>
    /// <returns>The random of its hello.</returns>
    private async Task<string> VisitAsync(
        CountingServer server, SpoofedClient client, TlsSession session, Moment moment)
    {
        using EngineEnd engine = RawVisitor.Start(session: session, earlyData: _request);
        byte[] flight = engine.TakeOutput();
        string random = Convert.ToHexStringLower(flight.AsSpan(11, 32));
        client.SendSyn(flight);
        if (moment == Moment.AtOnce)
            return random;
        await server.DoneAsync(1);
        if (moment == Moment.GivenUp)
            await KernelSockets.GoneAsync(client.Port);
        if (moment is Moment.Unproven or Moment.GivenUp)
            return random;

        await CompleteAsync(client, engine);
        switch (moment)
        {
            case Moment.ClientClosed:
                client.Acknowledge(flags: TcpFlags.Fin);
                await client.EndedAsync();
                client.Acknowledge();
                await KernelSockets.GoneAsync(client.Port);
                break;
            case Moment.ClientReset:
                client.Reset();
                await KernelSockets.GoneAsync(client.Port);
                break;
            case Moment.ServerReset:
                server.AbortConnections();
                await KernelSockets.GoneAsync(client.Port);
                break;
            case Moment.TimeWait:
                await server.CloseConnectionsAsync();
                await client.EndedAsync();
                client.Acknowledge(flags: TcpFlags.Fin);
                await KernelSockets.GoneAsync(client.Port);
                break;
        }

        return random;
    }

    /// <summary>Completes the handshake, and takes the whole response.</summary>
    private static async Task CompleteAsync(SpoofedClient client, EngineEnd engine)
    {
        int delivered = 0;
        bool isFinished = false;
        await client.UntilAsync(_ => Deliver());
        client.Acknowledge(engine.TakeOutput());
        await client.AcknowledgeUntilAsync(
            () => Deliver() && engine.Plaintext.Length == CountingServer.Response.Length);
        client.Acknowledge();
        await client.AcknowledgedAsync();

        bool Deliver()
        {
            byte[] all = client.Received;
            engine.Deliver(all.AsSpan(delivered));
            delivered = all.Length;
            Assert.Null(engine.Failure);
            return isFinished |= engine.Engine.IsHandshakeComplete;
        }
    }

    private static async Task AssertNothingIsLeftAsync(
        CountingServer server, int descriptors, SpoofedClient client, SpoofedClient next)
    {
        client.Refuse();
        next.Refuse();
        await KernelSockets.EventuallyAsync(() => server.Listener.HandshakesUnderWay == 0);
        server.AbortConnections();
        await KernelSockets.GoneAsync(client.Port, next.Port);
        await KernelSockets.DescriptorsBackAsync(descriptors);
    }
}
