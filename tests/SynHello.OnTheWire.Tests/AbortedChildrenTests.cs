using System.Net.Sockets;
using System.Security.Cryptography;

using SynHello.Sockets;
using SynHello.Testing;
using SynHello.Tls;

namespace SynHello.OnTheWire.Tests;

/// <summary>
/// Connections that a SYN's data has opened, and a reset ends while they are young: an attacker can send both.
/// </summary>
public sealed class AbortedChildrenTests
{
    private const int Children = 100;
    private const int Room = 8;
    private const int Host = 1;
    private const int Accepted = 3; // ids of the log
    private const int BrokenInHandshake = 5;
    private const int LostBeforeAccept = 9;

    private static readonly byte[] _key = RandomNumberGenerator.GetBytes(16);
    private static readonly TimeSpan _hung = TimeSpan.FromMinutes(1);

    /// <summary>
    /// The application does not accept, so that nothing is taken from the kernel's queue: all of them are reset in
    /// there.
    /// </summary>
    [Theory]
    [InlineData(FastOpenMode.Cookieless)]
    [InlineData(FastOpenMode.Cookie)]
    public async Task ResetBeforeAccept_IsCountedAndPassedOver(FastOpenMode mode)
    {
        using var log = new LoggedEvents();
        await using LongWire wire = SpoofedClient.StartWire();
        await using SecureListener listener = wire.Listen(mode, options =>
        {
            options.FastOpenKeys = _key;
            options.MaximumPendingConnections = Room;
            options.LoggerFactory = log;
        });
        byte[]? cookie = mode == FastOpenMode.Cookie ? await SpoofedClient.GetCookieAsync(wire, Host) : null;
        int descriptors = KernelSockets.CountDescriptors();
        var counters = new KernelCounters("TCPFastOpenPassive");

        // As many as there is room for wait for the application, and each of the loops that accept has one more.
        List<SecureStream> first = [];
        while (first.Count < Room)
        {
            first.Add(await ConnectAsync(wire).AsTask().WaitAsync(_hung));
            await first[^1].FlushAsync();
        }

        await KernelSockets.EventuallyAsync(() => log.Count(Accepted) == Room);
        List<Socket> waiting = [];
        for (int i = 0; i < Environment.ProcessorCount; i++)
        {
            waiting.Add(new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
            await waiting[i].ConnectAsync(listener.LocalEndPoint);
        }

        List<SpoofedClient> clients = Prepare(wire, cookie);
        byte[] hello = Hello();
        foreach (SpoofedClient client in clients)
        {
            client.SendSyn(hello);
            await client.AnsweredAsync();
            client.Reset();
        }

        // A copy of a SYN whose child was reset opens another child.
        clients[0].SendSynAgain();
        await clients[0].AnsweredAsync(2);
        Assert.Equal(Children + 1, counters.Read()["TCPFastOpenPassive"]);
        Assert.Equal(0, log.Count(LostBeforeAccept));

        foreach (SecureStream client in first)
        {
            await using SecureStream server = await listener.AcceptAsync().AsTask().WaitAsync(_hung);
            await client.DisposeAsync();
        }

        await AssertServesAsync(wire, listener);
        Assert.Equal(Children, log.Count(LostBeforeAccept));
        Assert.Equal(0, log.Count(BrokenInHandshake));
        clients[0].Reset();
        foreach (Socket socket in waiting)
            socket.Dispose();
        await AssertNothingIsLeftAsync(listener, descriptors, clients);
    }

    /// <summary>
    /// The resets come right behind the SYNs, and the listener is as fast as it is: each child is lost in one way or
    /// the other.
    /// </summary>
    [Theory]
    [InlineData(FastOpenMode.Cookieless)]
    [InlineData(FastOpenMode.Cookie)]
    public async Task ResetBehindTheSyn_LeavesNothingBehind(FastOpenMode mode)
    {
        using var log = new LoggedEvents();
        await using LongWire wire = SpoofedClient.StartWire();
        await using SecureListener listener = wire.Listen(mode, options =>
        {
            options.FastOpenKeys = _key;
            options.FastOpenQueueLength = 4 * Children; // who is reset after accept counts against it for a minute
            options.LoggerFactory = log;
        });
        byte[]? cookie = mode == FastOpenMode.Cookie ? await SpoofedClient.GetCookieAsync(wire, Host) : null;
        int descriptors = KernelSockets.CountDescriptors();
        var counters = new KernelCounters("TCPFastOpenPassive");
        List<SpoofedClient> clients = Prepare(wire, cookie);
        byte[] hello = Hello();

        foreach (SpoofedClient client in clients)
        {
            client.SendSyn(hello);
            client.Reset();
        }

        await AssertServesAsync(wire, listener);
        await AssertNothingIsLeftAsync(listener, descriptors, clients);
        Assert.Equal(Children, counters.Read()["TCPFastOpenPassive"]);
        await KernelSockets.EventuallyAsync(
            () => log.Count(LostBeforeAccept) + log.Count(BrokenInHandshake) >= Children);
        Assert.Equal(Children, log.Count(LostBeforeAccept) + log.Count(BrokenInHandshake));
    }

    /// <summary>Its early data was accepted, and the application has it; then there is nobody any more.</summary>
    [Fact]
    public async Task ResetBehindTheAnswer_EndsWhatTheApplicationHas()
    {
        byte[] request = RandomNumberGenerator.GetBytes(200);
        var register = new StrikeRegister();
        await using LongWire wire = SpoofedClient.StartWire();
        await using var server = new CountingServer(
            wire, request, new CountedKeys(new SessionTicketKeyRing()), register);
        int descriptors = KernelSockets.CountDescriptors();
        TlsSession session = await RawVisitor.GetSessionAsync(server.Listener);
        List<SpoofedClient> clients = Prepare(wire);
        foreach (SpoofedClient client in clients)
        {
            using EngineEnd engine = RawVisitor.Start(session: session, earlyData: request);
            client.SendSyn(engine.TakeOutput());
        }

        await server.DoneAsync(Children);
        foreach (SpoofedClient client in clients)
            client.Reset();

        // Nobody closes these streams: they end by themselves.
        await AssertNothingIsLeftAsync(server.Listener, descriptors, clients);
        Assert.Equal((Children, Children, 0), (server.Runs, server.EarlyRuns, server.FurtherBytes));
        Assert.Equal((Children, 0), (register.Accepted, register.Refused));
    }

    private static List<SpoofedClient> Prepare(LongWire wire, byte[]? cookie = null) =>
        [.. Enumerable.Range(0, Children).Select(_ => new SpoofedClient(wire, Host) { Cookie = cookie })];

    private static byte[] Hello()
    {
        using EngineEnd engine = RawVisitor.Start(length: 600);
        return engine.TakeOutput();
    }

    private static ValueTask<SecureStream> ConnectAsync(LongWire wire) => wire.CreateClient(FastOpenMode.Off)
        .ConnectAsync(new System.Net.IPEndPoint(wire.Wire.RemoteAddress, LongWire.Port), LongWire.Host);

    /// <summary>
    /// Somebody comes who was not reset, and is served; those that came before have been accepted by then.
    /// </summary>
    private static async Task AssertServesAsync(LongWire wire, SecureListener listener)
    {
        await using SecureStream client = await ConnectAsync(wire).AsTask().WaitAsync(_hung);
        await client.WriteAsync(new byte[] { 1 });
        await using SecureStream server = await listener.AcceptAsync().AsTask().WaitAsync(_hung);
        byte[] received = new byte[1];
        await server.ReadExactlyAsync(received).AsTask().WaitAsync(_hung);
        Assert.Equal([1], received);
    }

    private static async Task AssertNothingIsLeftAsync(
        SecureListener listener, int descriptors, List<SpoofedClient> clients)
    {
        await KernelSockets.EventuallyAsync(() => listener.HandshakesUnderWay == 0);
        await KernelSockets.GoneAsync([.. clients.Select(client => client.Port)]);
        await KernelSockets.DescriptorsBackAsync(descriptors);
        foreach (SpoofedClient client in clients)
            client.Dispose();
    }
}
