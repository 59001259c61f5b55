using System.Net;
using System.Net.Sockets;

using SynHello.Testing;

namespace SynHello.Sockets.Tests;

public sealed class FirstFlightFactoryTests : IDisposable
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public void Dispose() => PrivateNetwork.Sysctl(3);

    [Theory]
    [InlineData(FastOpenMode.Off, 3, FastOpenOutcome.Off)]
    [InlineData(FastOpenMode.Cookie, 3, FastOpenOutcome.CookieRequested)]
    [InlineData(FastOpenMode.Cookie, 2, FastOpenOutcome.Unsupported)]
    [InlineData(FastOpenMode.Cookieless, 2, FastOpenOutcome.Unsupported)]
    public async Task FlightOutsideTheSyn_IsMadeWithoutARoomOnTheOpenConnection(
        FastOpenMode mode, int sysctl, FastOpenOutcome expected)
    {
        PrivateNetwork.Sysctl(sysctl);
        using FastOpenListener listener = Listen(AddressFamily.InterNetwork, FastOpenMode.Cookie);
        var factory = new Factory(517);
        using DialedSocket client = await new FastOpenDialer().ConnectAsync(
            listener.LocalEndPoint, mode, factory.Make, Cancelled);
        using AcceptedSocket server = await listener.AcceptAsync(Cancelled);

        Assert.Equal([null], factory.Rooms);
        Assert.Equal(factory.Flights[0], await Exchange.ReadAsync(server.Socket, 517, Cancelled));
        Assert.Equal(expected, client.GetReport().Outcome);
        Assert.Null(client.SynRoom);
        Assert.Null(client.GetReport().SynRoom);
        Assert.Equal(517, client.FirstFlightLength);
    }

    [Theory]
    [InlineData(AddressFamily.InterNetwork)]
    [InlineData(AddressFamily.InterNetworkV6)]
    public async Task FlightInTheSyn_IsMadeToTheSynsMeasureBeforeItLeaves(AddressFamily family)
    {
        using FastOpenListener listener = Listen(family, FastOpenMode.Cookieless);
        using PacketFilter filter = PacketFilter.LoseAcknowledgments(listener.LocalEndPoint.Port);
        byte[] flight = [];
        using DialedSocket client = await new FastOpenDialer().ConnectAsync(
            listener.LocalEndPoint, FastOpenMode.Cookieless, room => flight = Exchange.Bytes(room!.Value), Cancelled);
        using AcceptedSocket server = await listener.AcceptAsync(Cancelled);

        // Nothing but the SYN gets through.
        Assert.Equal(flight, await Exchange.ReadAsync(server.Socket, flight.Length, Cancelled));
        Assert.False(server.AddressProven);
        Assert.Equal(flight.Length, client.SynRoom);
        Assert.Equal(flight.Length, client.GetReport().SynDataBytes);
    }

    [Fact]
    public async Task EmptyFlight_MakesAPlainHandshake()
    {
        using FastOpenListener listener = Listen(AddressFamily.InterNetwork, FastOpenMode.Cookieless);
        var factory = new Factory(0);
        using DialedSocket client = await new FastOpenDialer().ConnectAsync(
            listener.LocalEndPoint, FastOpenMode.Cookieless, factory.Make, Cancelled);
        using AcceptedSocket server = await listener.AcceptAsync(Cancelled);

        Assert.Equal([1420], factory.Rooms);
        Assert.True(server.AddressProven);
        Assert.Equal(FastOpenOutcome.Off, client.GetReport().Outcome);
        Assert.Null(client.SynRoom);

        await client.Socket.SendAsync(new byte[] { 7 }, SocketFlags.None, Cancelled);
        Assert.Equal([7], await Exchange.ReadAsync(server.Socket, 1, Cancelled));
    }

    [Fact]
    public async Task LostSyn_DoesNotForgetItsRoom()
    {
        using FastOpenListener listener = Listen(AddressFamily.InterNetwork, FastOpenMode.Cookieless);
        using PacketFilter filter = PacketFilter.LoseSynData(listener.LocalEndPoint.Port);
        var factory = new Factory(2000);
        using DialedSocket client = await new FastOpenDialer(timeProvider: new FakeTimeProvider()).ConnectAsync(
            listener.LocalEndPoint, FastOpenMode.Cookieless, factory.Make, Cancelled);

        Assert.Equal([1420], factory.Rooms);
        FastOpenReport report = client.GetReport();
        Assert.Equal((FastOpenOutcome.Fallback, 0), (report.Outcome, report.SynDataBytes));
        Assert.Equal((1420, 1420), (report.SynRoom, report.SynDataOffered));
    }

    [Theory]
    [InlineData(FastOpenMode.Cookieless)]
    [InlineData(FastOpenMode.Off)]
    public async Task EveryAddressThatIsDialedAlone_GetsAFlightOfItsOwn(FastOpenMode mode)
    {
        using FastOpenListener listener = Listen(AddressFamily.InterNetwork, mode);
        IPAddress[] addresses =
        [
            PrivateNetwork.NextAddress(AddressFamily.InterNetworkV6), // refuses the SYN, and the plain one after it
            IPAddress.Parse("203.0.113.1"), // has no route, so that no connect comes about
            PrivateNetwork.NextAddress(AddressFamily.InterNetworkV6), // refuses
            listener.LocalEndPoint.Address,
            PrivateNetwork.NextAddress(AddressFamily.InterNetworkV6),
        ];
        var factory = new Factory(517);
        using DialedSocket client = await Resolvers.DialerTo(addresses).ConnectAsync(
            new DnsEndPoint("peer.example", listener.LocalEndPoint.Port), mode, factory.Make, Cancelled);
        using AcceptedSocket server = await listener.AcceptAsync(Cancelled);

        int?[] expected = mode == FastOpenMode.Off ? [null] : [1400, 1400, 1420];
        Assert.Equal(expected, factory.Rooms);
        Assert.Equal(factory.Flights[^1], await Exchange.ReadAsync(server.Socket, 517, Cancelled));
        Assert.Equal(listener.LocalEndPoint, client.RemoteEndPoint);
        Assert.Null(client.Fallback);
        Assert.Equal(
            mode == FastOpenMode.Off ? FastOpenOutcome.Off : FastOpenOutcome.Cookieless, client.GetReport().Outcome);
    }

    [Fact]
    public async Task FactoryThatThrows_EndsTheDialBeforeTheSyn()
    {
        using FastOpenListener listener = Listen(AddressFamily.InterNetwork, FastOpenMode.Cookieless);
        var failure = new InvalidOperationException("No flight today.");
        Exception thrown = await Assert.ThrowsAsync<InvalidOperationException>(async () =>
            await new FastOpenDialer().ConnectAsync(
                listener.LocalEndPoint, FastOpenMode.Cookieless, _ => throw failure, Cancelled));
        Assert.Same(failure, thrown);

        // Whoever is accepted first is the one who was dialed after it.
        using Exchange exchange = await Exchange.RunAsync(listener, FastOpenMode.Off, 10, Cancelled);
        Assert.False(exchange.Server.SynDataTaken);
    }

    [Fact]
    public async Task FactoryThatThrows_ClosesAnOpenConnection()
    {
        using FastOpenListener listener = Listen(AddressFamily.InterNetwork, FastOpenMode.Off);
        var failure = new InvalidOperationException("No flight today.");
        Exception thrown = await Assert.ThrowsAsync<InvalidOperationException>(async () =>
            await new FastOpenDialer().ConnectAsync(
                listener.LocalEndPoint, FastOpenMode.Off, _ => throw failure, Cancelled));
        Assert.Same(failure, thrown);

        // It was reset: there is nobody to be accepted but the one who is dialed after it.
        using Exchange exchange = await Exchange.RunAsync(listener, FastOpenMode.Off, 10, Cancelled);
        Assert.Equal(1, listener.AbortedConnections);
    }

    [Theory]
    [InlineData(FastOpenMode.Cookieless)]
    [InlineData(FastOpenMode.Off)]
    public async Task FactoryThatThrowsASocketException_IsNotAnAddressThatFailed(FastOpenMode mode)
    {
        using FastOpenListener listener = Listen(AddressFamily.InterNetwork, FastOpenMode.Cookieless);
        IPAddress[] addresses = [listener.LocalEndPoint.Address, listener.LocalEndPoint.Address];
        var failure = new SocketException((int)SocketError.HostDown);
        int calls = 0;
        Exception thrown = await Assert.ThrowsAsync<SocketException>(async () =>
            await Resolvers.DialerTo(addresses).ConnectAsync(
                new DnsEndPoint("peer.example", listener.LocalEndPoint.Port),
                mode,
                _ =>
                {
                    calls++;
                    throw failure;
                },
                Cancelled));
        Assert.Same(failure, thrown);
        Assert.Equal(1, calls);
    }

    [Fact]
    public async Task CancelledDial_AsksForNoFlight()
    {
        using FastOpenListener listener = Listen(AddressFamily.InterNetwork, FastOpenMode.Cookieless);
        var factory = new Factory(517);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await new FastOpenDialer().ConnectAsync(
            listener.LocalEndPoint, FastOpenMode.Cookieless, factory.Make, new CancellationToken(canceled: true)));
        Assert.Empty(factory.Rooms);
    }

    [Fact]
    public async Task MissingFactory_IsRefused() =>
        await Assert.ThrowsAsync<ArgumentNullException>("firstFlight", async () =>
            await new FastOpenDialer().ConnectAsync(
                new IPEndPoint(IPAddress.Loopback, 9), FastOpenMode.Off, (FirstFlightFactory)null!, Cancelled));

    private static FastOpenListener Listen(AddressFamily family, FastOpenMode mode) =>
        new(PrivateNetwork.NextEndPoint(family), new() { Mode = mode });

    // Every flight of one length, and different from those before it.
    private sealed class Factory(int length)
    {
        public List<int?> Rooms { get; } = [];

        public List<byte[]> Flights { get; } = [];

        public ReadOnlyMemory<byte> Make(int? synRoom)
        {
            byte[] flight = Exchange.Bytes(length);
            if (length > 0) flight[0] = (byte)(Flights.Count + 1);
            Rooms.Add(synRoom);
            Flights.Add(flight);
            return flight;
        }
    }
}
