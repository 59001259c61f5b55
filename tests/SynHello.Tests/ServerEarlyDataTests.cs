using SynHello.Tls;
using SynHello.Wire;

using static SynHello.Tests.EarlyVisits;

namespace SynHello.Tests;

/// <summary>Early data on streams that a listener hands out before the handshake is complete: what is read and when.</summary>
public sealed class ServerEarlyDataTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task EarlyData_IsReadAndAnsweredBeforeTheHandshakeIsComplete()
    {
        await using SecureListener listener = Listen();
        using EngineClient client = await ReturnAsync(listener);
        await using SecureStream server = await listener.AcceptAsync(Cancelled).Guarded();
        Assert.False(server.IsHandshakeComplete);
        Assert.False(server.HandshakeCompleted.IsCompleted);

        Assert.Equal(Request, await ReadEarlyAsync(server, Request.Length));
        await server.WriteAsync(Response, Cancelled).Guarded();
        await client.ReceiveUntilAsync(() => client.Plaintext.Length == Response.Length);

        Assert.Equal(Response, client.Plaintext);
        Assert.Equal(EarlyDataStatus.Accepted, client.Negotiated.EarlyData);
        Assert.False(server.IsHandshakeComplete);
        await client.FlushAsync();
        Assert.Equal(0, await server.ReadEarlyDataAsync(new byte[1], Cancelled).Guarded());
        Assert.True(server.IsHandshakeComplete);
        await server.HandshakeCompleted.Guarded();
        client.Write([7, 8]);
        await client.FlushAsync();
        Assert.Equal([7, 8], await Exchange.ReadAsync(server, 2));
    }

    [Fact]
    public async Task Read_ReturnsNothingBeforeTheHandshakeIsComplete()
    {
        await using SecureListener listener = Listen();
        using EngineClient client = await ReturnAsync(listener);
        await using SecureStream server = await listener.AcceptAsync(Cancelled).Guarded();

        byte[] read = new byte[1000];
        Task<int> reading = server.ReadAsync(read, Cancelled).AsTask();
        await client.ReceiveServerFlightAsync();
        await client.DeliveredAsync();
        Assert.False(reading.IsCompleted);
        client.Write([9]);
        byte[] last = client.TakeOutput();
        await client.SendAsync(last.AsMemory(0, last.Length - 40)); // up to into the Finished
        await client.DeliveredAsync();
        Assert.False(reading.IsCompleted);
        await client.SendAsync(last.AsMemory(last.Length - 40));

        int count = await reading.Guarded();
        Assert.True(server.IsHandshakeComplete);
        Assert.Equal(Request, read[..Request.Length]); // first what came early
        byte[] rest = count > Request.Length ? read[Request.Length..count] : await Exchange.ReadAsync(server, 1);
        Assert.Equal([9], rest);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(299)]
    [InlineData(300)]
    public async Task EarlyBytesThatWereNotReadAsEarly_ComeFirstAfterTheHandshake(int readEarly)
    {
        await using SecureListener listener = Listen();
        using EngineClient client = await ReturnAsync(listener);
        await using SecureStream server = await listener.AcceptAsync(Cancelled).Guarded();
        byte[] early = await ReadEarlyAsync(server, readEarly);
        await client.HandshakeAsync();
        client.Write(Response);
        await client.FlushAsync();

        await server.CompleteHandshakeAsync(Cancelled).Guarded();
        await server.CompleteHandshakeAsync(Cancelled).Guarded();

        byte[] rest = await Exchange.ReadAsync(server, 1000 - readEarly);
        Assert.Equal([.. Request, .. Response], (byte[])[.. early, .. rest]);
    }

    [Fact]
    public async Task ShutdownBeforeTheHandshakeIsComplete_LeavesReadingAsItIs()
    {
        await using SecureListener listener = Listen();
        using EngineClient client = await ReturnAsync(listener);
        await using SecureStream server = await listener.AcceptAsync(Cancelled).Guarded();
        await server.WriteAsync(Response, Cancelled).Guarded();
        await server.ShutdownAsync(Cancelled).Guarded();
        await client.HandshakeAsync();
        client.Write([5]);
        await client.FlushAsync();

        byte[] read = await Exchange.ReadAsync(server, Request.Length + 1).Guarded();

        Assert.Equal([.. Request, 5], read);
    }

    [Fact]
    public async Task EarlyDataReads_NeverReturnWhatIsNotEarly()
    {
        await using SecureListener listener = Listen();
        using EngineClient client = await ReturnAsync(listener);
        await using SecureStream server = await listener.AcceptAsync(Cancelled).Guarded();
        await client.HandshakeAsync();
        client.Write(Response);
        await client.FlushAsync();
        await server.CompleteHandshakeAsync(Cancelled).Guarded();

        Assert.Equal(Request[..100], await ReadEarlyAsync(server, 100));
        Assert.Equal(200, await server.ReadEarlyDataAsync(new byte[1000], Cancelled).Guarded());
        Assert.Equal(0, await server.ReadEarlyDataAsync(new byte[1000], Cancelled).Guarded());
        Assert.Equal(Response, await Exchange.ReadAsync(server, Response.Length));
        Assert.Equal(0, await server.ReadEarlyDataAsync(new byte[1000], Cancelled).Guarded());
    }

    [Fact]
    public async Task FlightInPieces_IsTakenAsItComes()
    {
        await using SecureListener listener = Listen();
        TlsSession session = await EngineClient.VisitAsync(listener);
        byte[] early = Exchange.Bytes(40_000);
        using var client = new EngineClient(session, early);
        byte[] flight = client.MakeFirstFlight();
        await client.ConnectOnlyAsync(listener.LocalEndPoint);
        Task sending = Task.Run(
            async () =>
            {
                for (int sent = 0; sent < flight.Length; sent += 777)
                    await client.SendAsync(flight.AsMemory(sent, Math.Min(777, flight.Length - sent)));
            },
            Cancelled);
        await using SecureStream server = await listener.AcceptAsync(Cancelled).Guarded();

        Assert.Equal(early, await ReadEarlyAsync(server, early.Length));
        await sending.Guarded();
        await client.HandshakeAsync();
        Assert.Equal(0, await server.ReadEarlyDataAsync(new byte[1], Cancelled).Guarded());
        Assert.Equal(40_000, server.Report.EarlyDataBytes);
    }

    [Fact]
    public async Task MoreEarlyDataThanAllowed_EndsTheConnection()
    {
        await using SecureListener strict = Listen(options => options.MaximumEarlyData = Request.Length - 1);
        TlsSession session = await EngineClient.VisitAsync(strict);

        // A client that does not keep to what its ticket allows: the field in front of the size limit, the name and so on.
        byte[] exported = session.Export();
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(
            exported.AsSpan(1 + 2 + 1 + 32 + 2 + session.TicketLength + 4 + 8 + 4), 100_000);
        Assert.True(TlsSession.TryImport(exported, out TlsSession? bold));
        Assert.Equal(100_000u, bold.MaximumEarlyData);
        using var client = new EngineClient(bold, Request);
        await client.ConnectAsync(strict.LocalEndPoint);
        await using SecureStream server = await strict.AcceptAsync(Cancelled).Guarded();

        IOException failure = await Assert.ThrowsAsync<IOException>(() => server.CompleteHandshakeAsync(Cancelled).Guarded());

        Assert.Equal(TlsErrorCause.TooMuchEarlyData, Assert.IsType<TlsProtocolException>(failure.InnerException).Cause);
        Assert.Same(failure, await Assert.ThrowsAsync<IOException>(() => server.HandshakeCompleted));
        await Assert.ThrowsAsync<IOException>(() => server.ReadAsync(new byte[1], Cancelled).Guarded());
        await client.ReceiveUntilAsync(() => client.Failure is not null);
    }

    [Fact]
    public async Task WithoutEarlyData_StreamsAreHandedOutComplete()
    {
        await using SecureListener listener = Listen();
        using var client = new EngineClient(await EngineClient.VisitAsync(listener));
        await client.ConnectAsync(listener.LocalEndPoint);
        await client.HandshakeAsync();
        await using SecureStream server = await listener.AcceptAsync(Cancelled).Guarded();

        Assert.True(server.IsHandshakeComplete);
        Assert.True(server.HandshakeCompleted.IsCompletedSuccessfully);
        await server.CompleteHandshakeAsync(Cancelled).Guarded();
        Assert.Equal(0, await server.ReadEarlyDataAsync(new byte[1], Cancelled).Guarded());
        Assert.True(server.Report.IsResumed);
        Assert.Equal(EarlyDataStatus.None, server.Report.EarlyData);
    }

    [Fact]
    public async Task Default_TakesNoEarlyData()
    {
        await using SecureListener listener = SecurePair.Listen();
        TlsSession session = await EngineClient.VisitAsync(listener);
        Assert.Equal(0u, session.MaximumEarlyData);
        using var client = new EngineClient(session, Request);
        await client.ConnectAsync(listener.LocalEndPoint);
        await client.HandshakeAsync();
        await using SecureStream server = await listener.AcceptAsync(Cancelled).Guarded();
        Assert.True(server.IsHandshakeComplete);
        Assert.True(server.Report.IsResumed);
    }

    [Fact]
    public async Task EmptyRead_WaitsForEarlyDataAndTakesNone()
    {
        await using SecureListener listener = Listen();
        using var client = new EngineClient(await EngineClient.VisitAsync(listener), Request);
        byte[] flight = client.MakeFirstFlight();
        await client.ConnectOnlyAsync(listener.LocalEndPoint);
        await client.SendAsync(flight.AsMemory(0, flight.Length - 1));
        await using SecureStream server = await listener.AcceptAsync(Cancelled).Guarded();
        Task<int> waiting = server.ReadEarlyDataAsync(Memory<byte>.Empty, Cancelled).AsTask();
        Assert.False(waiting.IsCompleted);

        await client.SendAsync(flight.AsMemory(flight.Length - 1));

        Assert.Equal(0, await waiting.Guarded());
        Assert.Equal(Request, await ReadEarlyAsync(server, Request.Length));
    }

    [Fact]
    public async Task ManyReturningClients_AreServedEachOnce()
    {
        const int Clients = 100;
        var register = new StrikeRegister();
        await using SecureListener listener = Listen(options => (options.ReplayRegister, options.TicketCount) = (register, 8));
        SecureClient secureClient = SecurePair.MakeClient();
        Task serving = Task.WhenAll(Enumerable.Range(0, 2 * Clients).Select(_ => EchoAsync()));

        for (int round = 0; round < 2; round++)
        {
            await Task.WhenAll(Enumerable.Range(0, Clients).Select(i => Task.Run(
                async () =>
                {
                    byte[] data = Exchange.Bytes(5000, seed: i);
                    await using SecureStream stream = await secureClient
                        .ConnectAsync(listener.LocalEndPoint, SecurePair.Host, data, Cancelled);
                    Assert.Equal(data, await Exchange.ReadAsync(stream, data.Length));
                },
                Cancelled))).Guarded();
        }

        await serving.Guarded();
        Assert.True(register.Accepted >= 1);
        Assert.Equal(0, register.Refused);

        async Task EchoAsync()
        {
            await using SecureStream stream = await listener.AcceptAsync(Cancelled);
            byte[] data = new byte[5000];
            int read = 0;
            while (read < data.Length)
            {
                int count = await stream.ReadEarlyDataAsync(data.AsMemory(read), Cancelled);
                if (count == 0)
                    break;
                read += count;
            }

            await stream.ReadExactlyAsync(data.AsMemory(read), Cancelled);
            await stream.WriteAsync(data, Cancelled);
            Assert.Equal(0, await stream.ReadAsync(new byte[1], Cancelled));
            Assert.True(stream.IsHandshakeComplete);
        }
    }
}
