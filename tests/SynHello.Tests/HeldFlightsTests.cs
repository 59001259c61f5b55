using SynHello.Testing;

namespace SynHello.Tests;

/// <summary>The client's Finished waits for the first request; whatever the application does or does not do, it leaves.</summary>
public sealed class HeldFlightsTests
{
    private readonly StoppedTimers _clock = new();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public Task ApplicationThatOnlyReads_SendsIt() => AssertSentAsync(async (client, accept) =>
    {
        Task<byte[]> read = Exchange.ReadAsync(client, 1);
        SecureStream server = await accept.Guarded();
        await server.WriteAsync(new byte[] { 3 }, Cancelled);
        Assert.Equal([3], await read);
    });

    [Fact]
    public Task ApplicationThatWrites_SendsIt() => AssertSentAsync(async (client, accept) =>
    {
        await client.WriteAsync(new byte[] { 3 }, Cancelled).Guarded();
        Assert.Equal([3], await Exchange.ReadAsync(await accept.Guarded(), 1));
    });

    [Fact]
    public Task ApplicationThatFlushes_SendsIt() => AssertSentAsync((client, _) => client.FlushAsync(Cancelled));

    [Fact]
    public Task ApplicationThatUpdatesItsKey_SendsIt() => AssertSentAsync((client, _) => client.UpdateKeyAsync(true, Cancelled));

    [Fact]
    public Task ApplicationThatEndsItsSide_SendsIt() => AssertSentAsync(async (client, accept) =>
    {
        await client.ShutdownAsync(Cancelled);
        Assert.Equal(0, await (await accept.Guarded()).ReadAsync(new byte[1], Cancelled).Guarded());
    });

    [Fact]
    public Task ApplicationThatDisposesAtOnce_SendsIt() => AssertSentAsync(async (client, accept) =>
    {
        await client.DisposeAsync();
        Assert.Equal(0, await (await accept.Guarded()).ReadAsync(new byte[1], Cancelled).Guarded());
        _clock.FireWithin(2 * HeldFlights.HoldTime); // finds nothing to do
    });

    [Fact]
    public Task ApplicationThatDoesNothing_HasItSentAfterTheHoldTime() => AssertSentAsync(async (client, accept) =>
    {
        _clock.FireWithin(HeldFlights.HoldTime);
        _clock.FireWithin(HeldFlights.HoldTime);
        await Exchange.RoundTripAsync(client, await accept.Guarded());
    });

    [Fact]
    public Task FlightOfAQuietApplication_DoesNotSpoilLargeTransfers() => AssertSentAsync(async (client, accept) =>
    {
        _clock.FireWithin(2 * HeldFlights.HoldTime);
        SecureStream server = await accept.Guarded();
        byte[] data = Exchange.Bytes(20_000_000); // more than the sockets hold: sends and receives have to wait
        Task write = client.WriteAsync(data, Cancelled).AsTask();
        Assert.Equal(data, await Exchange.ReadAsync(server, data.Length));
        await write.Guarded();
        write = server.WriteAsync(data, Cancelled).AsTask();
        Assert.Equal(data, await Exchange.ReadAsync(client, data.Length));
        await write.Guarded();
    });

    [Fact]
    public async Task OneTimer_ServesAllAndRestsWhenThereIsNothingToSend()
    {
        var clock = new FakeTimeProvider();
        await using SecureListener listener = SecurePair.Listen();
        SecureClient secureClient = SecurePair.MakeClient(options =>
        {
            options.TimeProvider = clock;
            options.RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate is not null; // of another year
        });
        for (int round = 0; round < 2; round++)
        {
            List<SecureStream> clients = [];
            for (int i = 0; i < 5; i++)
                clients.Add(await secureClient.ConnectAsync(listener.LocalEndPoint, SecurePair.Host, Cancelled).Guarded());
            Assert.Equal(1, clock.ActiveTimers);

            clock.Advance(2 * HeldFlights.HoldTime);

            foreach (SecureStream client in clients)
            {
                await using SecureStream server = await listener.AcceptAsync(Cancelled).Guarded();
                Assert.NotNull(server.RemoteEndPoint);
            }

            foreach (SecureStream client in clients)
                await client.DisposeAsync();
            clock.Advance(2 * HeldFlights.HoldTime);
            Assert.Equal(0, clock.ActiveTimers);
        }
    }

    /// <summary>The server's handshake ends by what the application does, and not before.</summary>
    private async Task AssertSentAsync(Func<SecureStream, Task<SecureStream>, Task> act)
    {
        await using SecureListener listener = SecurePair.Listen();
        await using SecureStream client = await SecurePair.MakeClient(options => options.TimeProvider = _clock)
            .ConnectAsync(listener.LocalEndPoint, SecurePair.Host, Cancelled).Guarded();
        Task<SecureStream> accept = listener.AcceptAsync(Cancelled).AsTask();
        Assert.False(accept.IsCompleted);

        await act(client, accept).Guarded();

        await using SecureStream server = await accept.Guarded();
    }
}
