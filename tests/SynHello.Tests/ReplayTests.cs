using SynHello.Sockets;
using SynHello.Tls;

namespace SynHello.Tests;

/// <summary>Somebody has recorded a first flight with early data, and sends it again: its request runs once.</summary>
public sealed class ReplayTests
{
    private static readonly byte[] s_request = Exchange.Bytes(200);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task FlightSentAThousandTimes_RunsOnce()
    {
        var register = new StrikeRegister();
        await using var server = new CountingServer(options => options.ReplayRegister = register);
        byte[] flight = await server.RecordAsync();

        for (int i = 0; i < 1000; i++)
            await SendAsync(server.Listener, flight);

        Assert.Equal(1, server.Requests);
        Assert.Equal((1, 999), (register.Accepted, register.RefusedAsKnown));
    }

    [Fact]
    public async Task FlightSentFromSixteenThreadsAtOnce_RunsOnce()
    {
        var register = new StrikeRegister();
        await using var server = new CountingServer(options => options.ReplayRegister = register);
        for (int round = 1; round <= 5; round++)
        {
            byte[] flight = await server.RecordAsync();
            using var barrier = new Barrier(16);
            await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => Task.Factory.StartNew(
                async () =>
                {
                    barrier.SignalAndWait(Cancelled);
                    for (int i = 0; i < 4; i++)
                        await SendAsync(server.Listener, flight);
                },
                Cancelled,
                TaskCreationOptions.LongRunning,
                TaskScheduler.Default).Unwrap())).Guarded();

            Assert.Equal(round, server.Requests);
            Assert.Equal(63 * round, register.RefusedAsKnown);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task FlightSentToASecondListenerWithTheSameKeys_RunsOnce(bool sharesRegister)
    {
        var ring = new SessionTicketKeyRing();
        ReplayRegister? register = sharesRegister ? new StrikeRegister() : null;
        await using var one = new CountingServer(options => (options.TicketKeys, options.ReplayRegister) = (ring, register));
        await using var other = new CountingServer(options => (options.TicketKeys, options.ReplayRegister) = (ring, register));
        byte[] flight = await one.RecordAsync();

        await SendAsync(one.Listener, flight);
        await SendAsync(other.Listener, flight);
        Assert.Equal((1, 0), (one.Requests, other.Requests));

        // And to the other one first: it is the register's first sight of it, where they share one.
        flight = await one.RecordAsync();
        await SendAsync(other.Listener, flight);
        await SendAsync(one.Listener, flight);
        Assert.Equal(sharesRegister ? (1, 1) : (2, 0), (one.Requests, other.Requests));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task FlightSentAfterTheServerWasRestarted_RunsOnce(bool keepsScope)
    {
        var ring = new SessionTicketKeyRing();
        Guid scope = Guid.NewGuid();
        byte[] flight;
        byte[] unused;
        await using (var before = new CountingServer(Configure))
        {
            flight = await before.RecordAsync();
            unused = await before.RecordAsync();
            if (!keepsScope)
                await SendAsync(before.Listener, flight);
            Assert.Equal(keepsScope ? 0 : 1, before.Requests); // one of the same scope is closed so soon
        }

        await using var after = new CountingServer(Configure);
        for (int i = 0; i < 20; i++)
        {
            await SendAsync(after.Listener, flight);
            await SendAsync(after.Listener, unused);
        }

        Assert.Equal(0, after.Requests);

        void Configure(SecureListenerOptions options)
        {
            options.TicketKeys = ring;
            options.ReplayRegister = keepsScope ? new StrikeRegister(scope, options.EarlyDataWindow) : null;
        }
    }

    /// <summary>The register is the same, the keys are the same, and only the windows differ.</summary>
    [Fact]
    public async Task FlightSentToAListenerWithALongerWindow_RunsOnce()
    {
        var clock = new SettableClock();
        var ring = new SessionTicketKeyRing();
        var register = new StrikeRegister(new StrikeRegisterOptions { TimeProvider = clock });
        await using var one = new CountingServer(options => Configure(options, TimeSpan.FromSeconds(10)), clock);
        await using var other = new CountingServer(options => Configure(options, TimeSpan.FromSeconds(60)), clock);
        byte[] flight = await one.RecordAsync();
        await SendAsync(one.Listener, flight);
        Assert.Equal((1, 0), (one.Requests, other.Requests));

        clock.Advance(TimeSpan.FromSeconds(30));
        await SendAsync(other.Listener, flight);
        Assert.Equal((1, 0), (one.Requests, other.Requests));

        void Configure(SecureListenerOptions options, TimeSpan window)
        {
            (options.TimeProvider, options.TicketKeys, options.ReplayRegister) = (clock, ring, register);
            options.EarlyDataWindow = window;
        }
    }

    [Fact]
    public async Task FlightThatWasHeldBack_IsTooOldAfterTheWindow()
    {
        var clock = new SettableClock();
        var register = new StrikeRegister(new StrikeRegisterOptions { TimeProvider = clock });
        await using var server = new CountingServer(options => (options.TimeProvider, options.ReplayRegister) = (clock, register), clock);
        byte[] inTime = await server.RecordAsync();
        byte[] late = await server.RecordAsync();
        clock.Advance(TimeSpan.FromSeconds(9.9));
        await SendAsync(server.Listener, inTime);
        Assert.Equal(1, server.Requests);
        clock.Advance(TimeSpan.FromSeconds(0.2));
        await SendAsync(server.Listener, late);
        await SendAsync(server.Listener, inTime);
        Assert.Equal(1, server.Requests);
        Assert.Equal(0, register.Refused); // nobody had to ask it
    }

    [Fact]
    public async Task DuplicateOfASyn_RunsOnce()
    {
        var register = new StrikeRegister();
        await using var server = new CountingServer(
            options => (options.FastOpen, options.ReplayRegister) = (FastOpenMode.Cookieless, register));
        byte[] flight = await server.RecordAsync();

        for (int i = 0; i < 5; i++)
        {
            using var client = new EngineClient();
            await client.ConnectInSynAsync(server.Listener.LocalEndPoint, flight);
            await client.ReceiveAndEndAsync();
        }

        Assert.Equal(1, server.Requests);
        Assert.Equal(4, register.RefusedAsKnown);
    }

    [Fact]
    public async Task FullRegister_TakesNoMore()
    {
        var register = new StrikeRegister(new StrikeRegisterOptions { Capacity = 8 });
        await using var server = new CountingServer(options => options.ReplayRegister = register);
        var flights = new List<byte[]>();
        for (int i = 0; i < 12; i++)
        {
            flights.Add(await server.RecordAsync());
            await SendAsync(server.Listener, flights[i]);
        }

        foreach (byte[] flight in flights)
            await SendAsync(server.Listener, flight);
        Assert.Equal(8, server.Requests);
        Assert.Equal(8, register.RefusedAsKnown);
        Assert.Equal(8, register.RefusedAsFull);
    }

    /// <summary>Sends a recording, and waits until the server is done with it.</summary>
    private static async Task SendAsync(SecureListener listener, byte[] flight)
    {
        using var client = new EngineClient();
        await client.ConnectOnlyAsync(listener.LocalEndPoint);
        await client.SendAsync(flight);
        await client.ReceiveAndEndAsync();
    }

    /// <summary>Runs the request of each early connection at once, and counts them.</summary>
    private sealed class CountingServer : IAsyncDisposable
    {
        private readonly TimeProvider _clock;
        private readonly Task _serving;
        private int _requests;

        public CountingServer(Action<SecureListenerOptions> configure, TimeProvider? clock = null)
        {
            _clock = clock ?? TimeProvider.System;
            Listener = SecurePair.Listen(options =>
            {
                options.MaximumEarlyData = 1000;
                configure(options);
            });
            _serving = ServeAsync();
        }

        public SecureListener Listener { get; }

        /// <summary>How many ran. A connection is ended after it was counted.</summary>
        public int Requests => Volatile.Read(ref _requests);

        /// <summary>The first flight of a returning client, which it has not sent.</summary>
        public async Task<byte[]> RecordAsync()
        {
            using var visitor = new EngineClient(clock: _clock);
            await visitor.ConnectAsync(Listener.LocalEndPoint);
            await visitor.HandshakeAsync();
            TlsSession session = await visitor.TakeSessionAsync();
            using var client = new EngineClient(session, s_request, _clock);
            return client.MakeFirstFlight();
        }

        public async ValueTask DisposeAsync()
        {
            await Listener.DisposeAsync();
            await _serving.Guarded();
        }

        private async Task ServeAsync()
        {
            try
            {
                while (true)
                {
                    SecureStream stream = await Listener.AcceptAsync(Cancelled);
                    await using (stream)
                    {
                        if (!stream.IsHandshakeComplete)
                            Interlocked.Increment(ref _requests);
                    }
                }
            }
            catch (ObjectDisposedException)
            {
                // The end.
            }
        }
    }
}
