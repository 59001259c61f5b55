using System.Net;
using System.Net.Sockets;

using SynHello.Testing;

namespace SynHello.Sockets.Tests;

/// <summary>What is dialed beside what, and when. The clock stands still until a test moves it.</summary>
public sealed class ConnectionRaceTests
{
    private const int FlightLength = 517;

    private readonly FakeTimeProvider _clock = new();
    private readonly List<int?> _rooms = [];

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public void Patience_IsTwoRoundTripsAndABit_AQuarterOfASecondAtMost()
    {
        Assert.Equal(250, ConnectionRace.Patience(null).TotalMilliseconds);
        Assert.Equal(25, ConnectionRace.Patience(TimeSpan.Zero).TotalMilliseconds);
        Assert.Equal(81, ConnectionRace.Patience(TimeSpan.FromMilliseconds(28)).TotalMilliseconds);
        Assert.Equal(250, ConnectionRace.Patience(TimeSpan.FromMilliseconds(600)).TotalMilliseconds);
        Assert.Equal(250, ConnectionRace.Patience(TimeSpan.MaxValue / 4).TotalMilliseconds);
    }

    [Fact]
    public async Task AnsweredSyn_StartsNoTimerAndNothingBesideIt()
    {
        using FastOpenListener listener = Listen(FastOpenMode.Cookieless);
        using DialedSocket client = await Dialer().ConnectAsync(
            listener.LocalEndPoint, FastOpenMode.Cookieless, Flight, Cancelled);
        Assert.Equal(FastOpenOutcome.Cookieless, client.GetReport().Outcome);
        Assert.Null(client.Fallback);
        Assert.Equal([1420], _rooms);
        Assert.Equal(0, _clock.ActiveTimers);
    }

    [Theory]
    [InlineData(null, 250)]
    [InlineData(40, 105)]
    [InlineData(200, 250)]
    public async Task SynThatIsNotAnswered_GetsAPlainOneBesideIt(int? roundTripMs, int expectedMs)
    {
        using FastOpenListener listener = Listen(FastOpenMode.Cookieless);
        IPAddress remote = listener.LocalEndPoint.Address;
        var paths = new FastOpenPaths(timeProvider: _clock);
        if (roundTripMs is { } known)
        {
            paths.NoteEstablished(
                remote, IPAddress.Loopback, TimeSpan.FromMilliseconds(known), isRefused: false, FastOpenUse.None);
        }

        using PacketFilter filter = PacketFilter.LoseSynData(listener.LocalEndPoint.Port);
        Task<DialedSocket> dialing = Dialer(paths)
            .ConnectAsync(listener.LocalEndPoint, FastOpenMode.Cookieless, Flight, Cancelled).AsTask();
        Assert.Equal(1, _clock.ActiveTimers);
        _clock.Advance(TimeSpan.FromMilliseconds(expectedMs - 1));
        Assert.Equal(1, _clock.ActiveTimers);
        _clock.Advance(TimeSpan.FromMilliseconds(1));

        using DialedSocket client = await dialing;
        using AcceptedSocket server = await listener.AcceptAsync(Cancelled);
        Assert.Equal(
            (FastOpenOutcome.Fallback, 0, null), (client.GetReport().Outcome, client.GetReport().SynDataOffered, client.SynRoom));
        Assert.Equal([1420, null], _rooms);
        Assert.Equal(2, (await Exchange.ReadAsync(server.Socket, FlightLength, Cancelled))[0]); // the second flight
        Assert.Equal(
            new FastOpenFallback
            {
                Reason = FastOpenFallbackReason.NotAnswered,
                Waited = TimeSpan.FromMilliseconds(expectedMs),
                LeftAloneUntil = _clock.GetUtcNow() + TimeSpan.FromMinutes(1),
            },
            client.Fallback);
        Assert.True(paths.TryGet(remote, IPAddress.Loopback, out FastOpenPath path));
        Assert.Equal(FastOpenPathState.Blackholed, path.State);
        Assert.Equal(0, _clock.ActiveTimers);
    }

    [Fact]
    public async Task RequestForACookieThatIsLost_GetsAPlainOneBesideIt()
    {
        using FastOpenListener listener = Listen(FastOpenMode.Cookie);
        using PacketFilter filter = PacketFilter.LoseSynWithOption(listener.LocalEndPoint.Port);
        Task<DialedSocket> dialing = Dialer()
            .ConnectAsync(listener.LocalEndPoint, FastOpenMode.Cookie, Flight, Cancelled).AsTask();
        Assert.Equal(1, _clock.ActiveTimers);
        _clock.Advance(TimeSpan.FromMilliseconds(250));

        using DialedSocket client = await dialing;
        Assert.Equal(FastOpenFallbackReason.NotAnswered, client.Fallback?.Reason);
        Assert.Equal([null], _rooms);
    }

    [Fact]
    public async Task PathThatIsLeftAlone_IsPlainAtOnce()
    {
        using FastOpenListener listener = Listen(FastOpenMode.Cookieless);
        FastOpenDialer dialer = Dialer();
        dialer.Paths.NoteLost(listener.LocalEndPoint.Address, IPAddress.Loopback);
        using (DialedSocket client = await dialer.ConnectAsync(
            listener.LocalEndPoint, FastOpenMode.Cookieless, Flight, Cancelled))
        {
            Assert.Equal(FastOpenOutcome.Fallback, client.GetReport().Outcome);
            Assert.Null(client.Fallback); // nothing was lost on it
        }

        _clock.Advance(TimeSpan.FromMinutes(1));
        using DialedSocket again = await dialer.ConnectAsync(
            listener.LocalEndPoint, FastOpenMode.Cookieless, Flight, Cancelled);
        Assert.Equal(FastOpenOutcome.Cookieless, again.GetReport().Outcome);
        Assert.Equal([null, 1420], _rooms);
    }

    [Fact]
    public async Task SynThatIsAnsweredByAReset_IsFollowedByAPlainOneAtOnce()
    {
        using FastOpenListener listener = Listen(FastOpenMode.Cookieless);
        using PacketFilter filter = PacketFilter.ResetSynData(listener.LocalEndPoint.Port);
        using DialedSocket client = await Dialer().ConnectAsync(
            listener.LocalEndPoint, FastOpenMode.Cookieless, Flight, Cancelled);
        Assert.Equal((FastOpenFallbackReason.Refused, TimeSpan.Zero), (client.Fallback?.Reason, client.Fallback?.Waited));
        Assert.Equal(FastOpenOutcome.Fallback, client.GetReport().Outcome);
        Assert.Equal([1420, null], _rooms);
    }

    [Fact]
    public async Task ClosedPort_SaysNothingOfThePath()
    {
        FastOpenDialer dialer = Dialer();
        var closed = new IPEndPoint(PrivateNetwork.NextAddress(AddressFamily.InterNetwork), 9);
        await Assert.ThrowsAsync<SocketException>(async () =>
            await dialer.ConnectAsync(closed, FastOpenMode.Cookieless, Flight, Cancelled));
        Assert.False(dialer.Paths.TryGet(closed.Address, IPAddress.Loopback, out _));
    }

    [Fact]
    public async Task ServerThatIgnoresData_IsAskedForACookieNextTime()
    {
        using FastOpenListener listener = Listen(FastOpenMode.Cookie);
        FastOpenDialer dialer = Dialer();
        List<FastOpenOutcome> outcomes = [];
        for (int i = 0; i < 4; i++)
        {
            using DialedSocket client = await dialer.ConnectAsync(
                listener.LocalEndPoint, FastOpenMode.Cookieless, Flight, Cancelled);
            using AcceptedSocket server = await listener.AcceptAsync(Cancelled);
            await server.Socket.SendAsync(new byte[1], Cancelled);
            Assert.Null(await client.ConfirmFastOpenAsync(Timeout.InfiniteTimeSpan, Cancelled));
            outcomes.Add(client.GetReport().Outcome);
            if (i == 2) _clock.Advance(TimeSpan.FromMinutes(1));
        }

        Assert.Equal(
            [FastOpenOutcome.Ignored, FastOpenOutcome.CookieRequested, FastOpenOutcome.Cookie, FastOpenOutcome.Ignored],
            outcomes);
    }

    [Fact]
    public async Task SilentAddress_IsJoinedByTheNextAfterAQuarterOfASecond()
    {
        using FastOpenListener listener = Listen(FastOpenMode.Cookieless);
        IPAddress silent = PrivateNetwork.NextAddress(AddressFamily.InterNetworkV6);
        using PacketFilter filter = PacketFilter.LoseSynTo(silent);
        FastOpenDialer dialer = Dialer(resolver: Resolvers.Of(listener.LocalEndPoint.Address, silent));
        Task<DialedSocket> dialing = dialer.ConnectAsync(
            Name(listener), FastOpenMode.Cookieless, Flight, Cancelled).AsTask();
        Assert.Equal([1400], _rooms); // the family's SYN has room for so much
        _clock.Advance(TimeSpan.FromMilliseconds(249));
        Assert.False(dialing.IsCompleted);
        _clock.Advance(TimeSpan.FromMilliseconds(1));

        using DialedSocket client = await dialing;
        using AcceptedSocket server = await listener.AcceptAsync(Cancelled);
        Assert.Equal(listener.LocalEndPoint, client.RemoteEndPoint);
        Assert.Equal([1400, null], _rooms);
        Assert.Equal(2, (await Exchange.ReadAsync(server.Socket, FlightLength, Cancelled))[0]);

        // Nobody can tell whether Fast Open was to blame, or the address.
        Assert.Null(client.Fallback);
        Assert.False(dialer.Paths.TryGet(silent, IPAddress.IPv6Loopback, out _));
    }

    [Fact]
    public async Task AddressThatRefuses_IsFollowedByTheNextAtOnce()
    {
        using FastOpenListener listener = Listen(FastOpenMode.Cookieless);
        IPAddress refuses = PrivateNetwork.NextAddress(AddressFamily.InterNetworkV6);
        using DialedSocket client = await Dialer(resolver: Resolvers.Of(listener.LocalEndPoint.Address, refuses))
            .ConnectAsync(Name(listener), FastOpenMode.Cookieless, Flight, Cancelled);
        Assert.Equal(listener.LocalEndPoint, client.RemoteEndPoint);

        // Nothing else was on its way, so the flight could ride in the second SYN too.
        Assert.Equal(FastOpenOutcome.Cookieless, client.GetReport().Outcome);
        Assert.Equal([1400, 1420], _rooms);
    }

    [Fact]
    public async Task AddressThatComesLate_IsDialedToo()
    {
        using FastOpenListener listener = Listen(FastOpenMode.Off);
        IPAddress refuses = PrivateNetwork.NextAddress(AddressFamily.InterNetworkV6);
        var late = new TaskCompletionSource<IPAddress[]>();
        Task<DialedSocket> dialing = Dialer(resolver: (_, family, _) =>
                family == AddressFamily.InterNetwork ? late.Task : Task.FromResult<IPAddress[]>([refuses]))
            .ConnectAsync(Name(listener), FastOpenMode.Off, Flight, Cancelled).AsTask();
        late.SetResult([listener.LocalEndPoint.Address]);
        using DialedSocket client = await dialing;
        Assert.Equal(listener.LocalEndPoint, client.RemoteEndPoint);
    }

    [Fact]
    public async Task AddressesThatAllFail_GiveTheErrorThatCameLast()
    {
        var late = new TaskCompletionSource<IPAddress[]>();
        Task<DialedSocket> dialing = Dialer(resolver: (_, family, _) =>
                family == AddressFamily.InterNetwork
                    ? late.Task
                    : Task.FromResult<IPAddress[]>([PrivateNetwork.NextAddress(AddressFamily.InterNetworkV6)]))
            .ConnectAsync(new DnsEndPoint("peer.example", 9), FastOpenMode.Cookieless, Flight, Cancelled).AsTask();
        late.SetResult([IPAddress.Parse("203.0.113.1")]);
        SocketException e = await Assert.ThrowsAsync<SocketException>(() => dialing);
        Assert.Equal(SocketError.NetworkUnreachable, e.SocketErrorCode);
    }

    [Fact]
    public async Task TwoAddressesWithoutFastOpen_TheSecondWinsWhenTheFirstIsSilent()
    {
        using FastOpenListener listener = Listen(FastOpenMode.Off);
        IPAddress silent = PrivateNetwork.NextAddress(AddressFamily.InterNetworkV6);
        using PacketFilter filter = PacketFilter.LoseSynTo(silent);
        Task<DialedSocket> dialing = Dialer(resolver: Resolvers.Of(silent, listener.LocalEndPoint.Address))
            .ConnectAsync(Name(listener), FastOpenMode.Off, Flight, Cancelled).AsTask();
        Assert.Empty(_rooms);
        _clock.Advance(TimeSpan.FromMilliseconds(250));
        using DialedSocket client = await dialing;
        Assert.Equal((listener.LocalEndPoint, FastOpenOutcome.Off), (client.RemoteEndPoint, client.GetReport().Outcome));
        Assert.Equal([null], _rooms);
    }

    [Fact]
    public async Task AddressThatRefusesBesideASilentOne_IsFollowedByTheNextAtOnce()
    {
        using FastOpenListener listener = Listen(FastOpenMode.Off);
        IPAddress silent = PrivateNetwork.NextAddress(AddressFamily.InterNetworkV6);
        IPAddress refuses = PrivateNetwork.NextAddress(AddressFamily.InterNetwork);
        using PacketFilter filter = PacketFilter.LoseSynTo(silent);
        Task<DialedSocket> dialing = Dialer(resolver: Resolvers.Of(silent, refuses, listener.LocalEndPoint.Address))
            .ConnectAsync(Name(listener), FastOpenMode.Off, Flight, Cancelled).AsTask();
        _clock.Advance(TimeSpan.FromMilliseconds(250));
        using DialedSocket client = await dialing;
        Assert.Equal(listener.LocalEndPoint, client.RemoteEndPoint);
    }

    private ReadOnlyMemory<byte> Flight(int? synRoom)
    {
        _rooms.Add(synRoom);
        byte[] flight = Exchange.Bytes(FlightLength);
        flight[0] = (byte)_rooms.Count;
        return flight;
    }

    private FastOpenDialer Dialer(FastOpenPaths? paths = null, DestinationAddresses.Resolver? resolver = null) =>
        new(resolver ?? Resolvers.Of(), paths, _clock);

    private static DnsEndPoint Name(FastOpenListener listener) => new("peer.example", listener.LocalEndPoint.Port);

    private static FastOpenListener Listen(FastOpenMode mode) =>
        new(PrivateNetwork.NextEndPoint(AddressFamily.InterNetwork), new() { Mode = mode });
}
