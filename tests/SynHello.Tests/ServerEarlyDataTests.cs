using System.Net.Sockets;

using SynHello.Sockets;
using SynHello.Testing;
using SynHello.Tls;
using SynHello.Wire;

namespace SynHello.Tests;

/// <summary>Streams that a listener hands out before the handshake is complete.</summary>
public sealed class ServerEarlyDataTests : IDisposable
{
    private const int HandshakeFailed = 4, RegisterFailed = 30;

    private static readonly byte[] s_request = Exchange.Bytes(300);
    private static readonly byte[] s_response = Exchange.Bytes(700, seed: 2);

    private readonly CollectingLogger _log = new();
    private readonly ObservedClock _clock;
    private readonly FakeTimeProvider _fake = new();

    public ServerEarlyDataTests() => _clock = new ObservedClock(_fake);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public void Dispose() => _log.Dispose();

    [Fact]
    public async Task EarlyData_IsReadAndAnsweredBeforeTheHandshakeIsComplete()
    {
        await using SecureListener listener = Listen();
        using EngineClient client = await ReturnAsync(listener);
        await using SecureStream server = await listener.AcceptAsync(Cancelled).Guarded();
        Assert.False(server.IsHandshakeComplete);
        Assert.False(server.HandshakeCompleted.IsCompleted);

        Assert.Equal(s_request, await ReadEarlyAsync(server, s_request.Length));
        await server.WriteAsync(s_response, Cancelled).Guarded();
        await client.ReceiveUntilAsync(() => client.Plaintext.Length == s_response.Length);

        Assert.Equal(s_response, client.Plaintext);
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
        Assert.Equal(s_request, read[..s_request.Length]); // first what came early
        byte[] rest = count > s_request.Length ? read[s_request.Length..count] : await Exchange.ReadAsync(server, 1);
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
        client.Write(s_response);
        await client.FlushAsync();

        await server.CompleteHandshakeAsync(Cancelled).Guarded();
        await server.CompleteHandshakeAsync(Cancelled).Guarded();

        byte[] rest = await Exchange.ReadAsync(server, 1000 - readEarly);
        Assert.Equal([.. s_request, .. s_response], (byte[])[.. early, .. rest]);
    }

    [Fact]
    public async Task ShutdownBeforeTheHandshakeIsComplete_LeavesReadingAsItIs()
    {
        await using SecureListener listener = Listen();
        using EngineClient client = await ReturnAsync(listener);
        await using SecureStream server = await listener.AcceptAsync(Cancelled).Guarded();
        await server.WriteAsync(s_response, Cancelled).Guarded();
        await server.ShutdownAsync(Cancelled).Guarded();
        await client.HandshakeAsync();
        client.Write([5]);
        await client.FlushAsync();

        byte[] read = await Exchange.ReadAsync(server, s_request.Length + 1).Guarded();

        Assert.Equal([.. s_request, 5], read);
    }

    [Fact]
    public async Task EarlyDataReads_NeverReturnWhatIsNotEarly()
    {
        await using SecureListener listener = Listen();
        using EngineClient client = await ReturnAsync(listener);
        await using SecureStream server = await listener.AcceptAsync(Cancelled).Guarded();
        await client.HandshakeAsync();
        client.Write(s_response);
        await client.FlushAsync();
        await server.CompleteHandshakeAsync(Cancelled).Guarded();

        Assert.Equal(s_request[..100], await ReadEarlyAsync(server, 100));
        Assert.Equal(200, await server.ReadEarlyDataAsync(new byte[1000], Cancelled).Guarded());
        Assert.Equal(0, await server.ReadEarlyDataAsync(new byte[1000], Cancelled).Guarded());
        Assert.Equal(s_response, await Exchange.ReadAsync(server, s_response.Length));
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
        await using SecureListener strict = Listen(options => options.MaximumEarlyData = s_request.Length - 1);
        TlsSession session = await EngineClient.VisitAsync(strict);

        // A client that does not keep to what its ticket allows: the field in front of the size limit, the name and so on.
        byte[] exported = session.Export();
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(
            exported.AsSpan(1 + 2 + 1 + 32 + 2 + session.TicketLength + 4 + 8 + 4), 100_000);
        Assert.True(TlsSession.TryImport(exported, out TlsSession? bold));
        Assert.Equal(100_000u, bold.MaximumEarlyData);
        using var client = new EngineClient(bold, s_request);
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
        using var client = new EngineClient(session, s_request);
        await client.ConnectAsync(listener.LocalEndPoint);
        await client.HandshakeAsync();
        await using SecureStream server = await listener.AcceptAsync(Cancelled).Guarded();
        Assert.True(server.IsHandshakeComplete);
        Assert.True(server.Report.IsResumed);
    }

    [Theory]
    [InlineData("no")]
    [InlineData("throws")]
    [InlineData("fails later")]
    [InlineData("is canceled")]
    [InlineData("says no later")]
    public async Task RegisterThatDoesNotSayYes_CostsARoundTripAndNothingElse(string answer)
    {
        var register = new ScriptedRegister(async cancellation =>
        {
            if (answer.Contains("later", StringComparison.Ordinal))
                await Task.Yield();
            return answer switch
            {
                "no" or "says no later" => false,
                "is canceled" => throw new OperationCanceledException(),
                _ => throw new InvalidOperationException("The store is out of reach."),
            };
        });
        await using SecureListener listener = Listen(options => options.ReplayRegister = register);
        using EngineClient client = await ReturnAsync(listener);

        await AssertRejectedAsync(client, listener);

        Assert.Equal(1, register.Asked);
        if (answer is "throws" or "fails later")
            Assert.Equal("The store is out of reach.", (await _log.NextAsync(RegisterFailed)).Exception?.Message);
    }

    [Fact]
    public async Task RegisterThatSaysYesLater_IsWaitedFor()
    {
        var answer = new TaskCompletionSource<bool>();
        await using SecureListener listener = Listen(options => options.ReplayRegister = new ScriptedRegister(_ => new(answer.Task)));
        using EngineClient client = await ReturnAsync(listener);
        Task<SecureStream> accept = listener.AcceptAsync(Cancelled).AsTask();
        await client.DeliveredAsync();
        Assert.False(accept.IsCompleted);

        answer.SetResult(true);

        await using SecureStream server = await accept.Guarded();
        Assert.Equal(s_request, await ReadEarlyAsync(server, s_request.Length));
    }

    [Fact]
    public async Task RegisterThatDoesNotAnswer_IsWaitedForOneSecond()
    {
        var answer = new TaskCompletionSource<bool>();
        await using SecureListener listener = Listen(options =>
        {
            options.ReplayRegister = new ScriptedRegister(_ => new(answer.Task));
            options.TimeProvider = _clock;
        });
        using EngineClient client = await ReturnAsync(listener, _clock);
        TimeSpan due;
        do
            due = await _clock.NextTimerAsync();
        while (due != TimeSpan.FromSeconds(1));
        _clock.Advance(TimeSpan.FromSeconds(1));

        await AssertRejectedAsync(client, listener);
        Assert.IsType<TimeoutException>((await _log.NextAsync(RegisterFailed)).Exception);
    }

    [Fact]
    public async Task RegisterThatIsNotWaitedForAnyMore_IsTold()
    {
        var canceled = new TaskCompletionSource();
        await using SecureListener listener = Listen(options =>
        {
            options.ReplayRegister = new ScriptedRegister(cancellation =>
            {
                cancellation.Register(() => canceled.TrySetResult());
                return new ValueTask<bool>(new TaskCompletionSource<bool>().Task);
            });
            options.TimeProvider = _clock;
        });
        using EngineClient client = await ReturnAsync(listener, _clock);
        while (await _clock.NextTimerAsync() != TimeSpan.FromSeconds(1))
        {
            // Until the register is asked.
        }

        _clock.Advance(TimeSpan.FromSeconds(1));
        await AssertRejectedAsync(client, listener);
        Assert.True(canceled.Task.IsCompleted);
    }

    [Fact]
    public async Task HandshakeTimeoutWhileTheRegisterIsAsked_CancelsTheQuestion()
    {
        var canceled = new TaskCompletionSource();
        await using SecureListener listener = Listen(options =>
        {
            options.ReplayRegister = new ScriptedRegister(cancellation =>
            {
                cancellation.Register(() => canceled.TrySetResult());
                return new ValueTask<bool>(new TaskCompletionSource<bool>().Task);
            });
            options.TimeProvider = _clock;
            options.HandshakeTimeout = TimeSpan.FromSeconds(0.5);
        });
        TlsSession session = await EngineClient.VisitAsync(listener, _clock);
        _clock.Forget();
        using var client = new EngineClient(session, s_request, _clock);
        await client.ConnectAsync(listener.LocalEndPoint);
        while (await _clock.NextTimerAsync() != TimeSpan.FromSeconds(1))
        {
            // Until the register is asked.
        }

        _clock.Advance(TimeSpan.FromSeconds(0.5));

        await canceled.Task.Guarded();
        Assert.Contains("HandshakeTimeout", (await _log.NextAsync(HandshakeFailed)).Message, StringComparison.Ordinal);
        await client.ReceiveUntilAsync(() => client.Failure is not null); // it is told
    }

    [Fact]
    public async Task ClientThatStallsBehindItsEarlyData_IsEndedWhenTheHandshakesTimeIsUp()
    {
        await using SecureListener listener = Listen(options => options.TimeProvider = _clock);
        using EngineClient client = await ReturnAsync(listener, _clock);
        await using SecureStream server = await listener.AcceptAsync(Cancelled).Guarded();
        Assert.Equal(s_request, await ReadEarlyAsync(server, s_request.Length));
        Task<int> reading = server.ReadAsync(new byte[1], Cancelled).AsTask();
        _clock.Advance(TimeSpan.FromSeconds(9.999));
        Assert.False(reading.IsCompleted);
        Assert.False(server.HandshakeCompleted.IsCompleted);

        _clock.Advance(TimeSpan.FromSeconds(0.001));

        TimeoutException timeout = await Assert.ThrowsAsync<TimeoutException>(() => server.HandshakeCompleted.Guarded());
        Assert.Equal("The handshake took longer than 10 s.", timeout.Message);
        IOException failure = await Assert.ThrowsAsync<IOException>(() => reading.Guarded());
        Assert.Equal(TlsErrorCause.HandshakeTimeout, Assert.IsType<TlsProtocolException>(failure.InnerException).Cause);
        await Assert.ThrowsAsync<IOException>(() => server.WriteAsync(new byte[1], Cancelled).Guarded());
        Assert.Contains("HandshakeTimeout", (await _log.NextAsync(HandshakeFailed)).Message, StringComparison.Ordinal);
        await client.ReceiveEndAsync();
        Assert.Equal(0, _fake.ActiveTimers);
    }

    [Fact]
    public async Task ClientThatStalls_IsEndedAlsoWhileNobodyReadsAndAWriteWaits()
    {
        await using SecureListener listener = Listen(options => options.TimeProvider = _clock);
        using EngineClient client = await ReturnAsync(listener, _clock);
        await using SecureStream server = await listener.AcceptAsync(Cancelled).Guarded();
        Task write = server.WriteAsync(new byte[50_000_000], Cancelled).AsTask();
        Assert.False(write.IsCompleted);

        _clock.Advance(TimeSpan.FromSeconds(10));

        await Assert.ThrowsAsync<TimeoutException>(() => server.HandshakeCompleted.Guarded());
        await Assert.ThrowsAsync<IOException>(() => write.Guarded());
        await Assert.ThrowsAsync<IOException>(() => server.ReadAsync(new byte[1], Cancelled).Guarded());
    }

    [Fact]
    public async Task ClientThatHasFinished_IsNotEndedBecauseNobodyHasRead()
    {
        await using SecureListener listener = Listen(options => options.TimeProvider = _clock);
        using EngineClient client = await ReturnAsync(listener, _clock);
        await using SecureStream server = await listener.AcceptAsync(Cancelled).Guarded();
        await client.HandshakeAsync();
        client.Write(s_response);
        await client.FlushAsync();
        await client.DeliveredAsync();
        Assert.False(server.IsHandshakeComplete);

        _clock.Advance(TimeSpan.FromSeconds(10));

        await server.HandshakeCompleted.Guarded();
        Assert.True(server.IsHandshakeComplete);
        byte[] read = await Exchange.ReadAsync(server, 1000);
        Assert.Equal([.. s_request, .. s_response], read);
        Assert.Equal(0, _fake.ActiveTimers);
    }

    [Fact]
    public async Task CompleteHandshake_StopsItsTimer()
    {
        await using SecureListener listener = Listen(options => options.TimeProvider = _clock);
        using EngineClient client = await ReturnAsync(listener, _clock);
        await using SecureStream server = await listener.AcceptAsync(Cancelled).Guarded();
        Assert.Equal(1, _fake.ActiveTimers);
        await client.HandshakeAsync();
        await server.CompleteHandshakeAsync(Cancelled).Guarded();

        Assert.Equal(0, _fake.ActiveTimers);
        _clock.Advance(TimeSpan.FromDays(1));
        Assert.Equal(s_request, await Exchange.ReadAsync(server, s_request.Length));
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public async Task DisposalBeforeTheHandshakeIsComplete_CancelsIt(bool aborts, bool whileReading)
    {
        await using SecureListener listener = Listen(options => options.TimeProvider = _clock);
        using EngineClient client = await ReturnAsync(listener, _clock);
        SecureStream server = await listener.AcceptAsync(Cancelled).Guarded();
        Task completion = server.HandshakeCompleted;
        Task<int> reading = whileReading
            ? server.ReadAsync(new byte[1], Cancelled).AsTask()
            : Task.FromException<int>(new ObjectDisposedException(null));

        if (aborts)
            server.Abort();
        else
            await server.DisposeAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => completion.Guarded());
        await Assert.ThrowsAsync<ObjectDisposedException>(() => reading.Guarded());
        Assert.Equal(0, _fake.ActiveTimers);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => server.CompleteHandshakeAsync(Cancelled).Guarded());
        await Assert.ThrowsAsync<ObjectDisposedException>(() => server.ReadEarlyDataAsync(new byte[1], Cancelled).Guarded());
        Assert.False(server.IsHandshakeComplete);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task BreakBeforeTheHandshakeIsComplete_FailsIt(bool resets)
    {
        await using SecureListener listener = Listen();
        EngineClient client = await ReturnAsync(listener);
        await using SecureStream server = await listener.AcceptAsync(Cancelled).Guarded();
        Assert.Equal(s_request, await ReadEarlyAsync(server, s_request.Length));
        await client.ReceiveServerFlightAsync(); // over unread bytes, every end is a reset
        if (resets)
            client.Reset();
        else
            client.Dispose();

        IOException failure = await Assert.ThrowsAsync<IOException>(() => server.ReadEarlyDataAsync(new byte[1], Cancelled).Guarded());

        Assert.Same(failure, await Assert.ThrowsAsync<IOException>(() => server.HandshakeCompleted.Guarded()));
        if (resets)
            Assert.IsType<SocketException>(failure.InnerException);
        else
            Assert.Equal(TlsErrorCause.TruncatedByPeer, Assert.IsType<TlsProtocolException>(failure.InnerException).Cause);
    }

    [Fact]
    public async Task FailuresThatNobodyLooksAt_AreObserved()
    {
        var unobserved = new List<Exception>();
        void Note(object? sender, UnobservedTaskExceptionEventArgs args)
        {
            lock (unobserved)
                unobserved.AddRange(args.Exception.Flatten().InnerExceptions);
        }

        TaskScheduler.UnobservedTaskException += Note;
        try
        {
            var seen = new InvalidTimeZoneException();
            await Task.Run(() => { _ = Task.FromException(seen); }, Cancelled);
            await Task.Run(FailRegisterAsync, Cancelled);
            await Task.Run(() => new EarlyPhase(0).Fail(new TimeoutException()), Cancelled);
            for (int i = 0; i < 100; i++)
            {
                GC.Collect();
                GC.WaitForPendingFinalizers();
                await Task.Yield();
                lock (unobserved)
                {
                    if (unobserved.Contains(seen))
                        break; // what is not observed is found
                }
            }

            GC.Collect();
            GC.WaitForPendingFinalizers();
            Assert.Contains(seen, unobserved);
        }
        finally
        {
            TaskScheduler.UnobservedTaskException -= Note;
        }

        Assert.DoesNotContain(unobserved, exception => exception is TimeoutException or TimeZoneNotFoundException);

        async Task FailRegisterAsync()
        {
            var answer = new TaskCompletionSource<bool>();
            await using SecureListener listener = Listen(options =>
            {
                options.ReplayRegister = new ScriptedRegister(_ => new(answer.Task));
                options.TimeProvider = _clock;
            });
            using EngineClient client = await ReturnAsync(listener, _clock);
            while (await _clock.NextTimerAsync() != TimeSpan.FromSeconds(1))
            {
                // Until the register is asked.
            }

            _clock.Advance(TimeSpan.FromSeconds(1));
            await AssertRejectedAsync(client, listener);
            answer.SetException(new TimeZoneNotFoundException()); // comes too late to be heard
        }
    }

    [Fact]
    public async Task CanceledWaits_LeaveTheStreamUsable()
    {
        await using SecureListener listener = Listen();
        using EngineClient client = await ReturnAsync(listener);
        await using SecureStream server = await listener.AcceptAsync(Cancelled).Guarded();
        foreach (Func<CancellationToken, ValueTask> wait in (Func<CancellationToken, ValueTask>[])[
            server.CompleteHandshakeAsync, async token => await server.ReadExactlyAsync(new byte[1], token)])
        {
            using var cancellation = new CancellationTokenSource();
            Task waiting = wait(cancellation.Token).AsTask();
            await Assert.ThrowsAsync<NotSupportedException>(() => server.ReadEarlyDataAsync(new byte[1], Cancelled).Guarded());
            await cancellation.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting.Guarded());
            Assert.False(server.HandshakeCompleted.IsCompleted);
        }

        await client.HandshakeAsync();
        Assert.Equal(s_request, await Exchange.ReadAsync(server, s_request.Length));
    }

    [Fact]
    public async Task EmptyRead_WaitsForEarlyDataAndTakesNone()
    {
        await using SecureListener listener = Listen();
        using var client = new EngineClient(await EngineClient.VisitAsync(listener), s_request);
        byte[] flight = client.MakeFirstFlight();
        await client.ConnectOnlyAsync(listener.LocalEndPoint);
        await client.SendAsync(flight.AsMemory(0, flight.Length - 1));
        await using SecureStream server = await listener.AcceptAsync(Cancelled).Guarded();
        Task<int> waiting = server.ReadEarlyDataAsync(Memory<byte>.Empty, Cancelled).AsTask();
        Assert.False(waiting.IsCompleted);

        await client.SendAsync(flight.AsMemory(flight.Length - 1));

        Assert.Equal(0, await waiting.Guarded());
        Assert.Equal(s_request, await ReadEarlyAsync(server, s_request.Length));
    }

    [Fact]
    public async Task EarlyDataInTheSyn_IsReportedAndCostsNoRoundTrip()
    {
        await using SecureListener listener = Listen(options => options.FastOpen = FastOpenMode.Cookieless);
        using var client = new EngineClient(await EngineClient.VisitAsync(listener), s_request);
        byte[] flight = client.MakeFirstFlight();
        await client.ConnectInSynAsync(listener.LocalEndPoint, flight);
        await using SecureStream server = await listener.AcceptAsync(Cancelled).Guarded();

        Assert.Equal(FastOpenOutcome.Cookieless, server.Report.FastOpen);
        Assert.Equal(flight.Length, server.Report.SynDataBytes);
        Assert.InRange(server.Report.ClientHelloBytes, 200, flight.Length - s_request.Length);
        Assert.Equal(0, server.Report.RoundTripsUntilRequest);
        Assert.Equal(1, server.Report.RoundTripsUntilFirstByte);
        Assert.Equal((true, EarlyDataStatus.Accepted), (server.Report.IsResumed, server.Report.EarlyData));
        Assert.Equal(s_request, await ReadEarlyAsync(server, s_request.Length));
        await client.HandshakeAsync();
        await server.CompleteHandshakeAsync(Cancelled).Guarded();
        Assert.Equal(s_request.Length, server.Report.EarlyDataBytes);
        Assert.True(server.Report.PathRoundTrip > TimeSpan.Zero);
    }

    [Fact]
    public async Task EarlyDataBehindPlainTcp_CostsItsRoundTripAlone()
    {
        await using SecureListener listener = Listen();
        using EngineClient client = await ReturnAsync(listener);
        await using SecureStream server = await listener.AcceptAsync(Cancelled).Guarded();
        Assert.Equal(1, server.Report.RoundTripsUntilRequest);
        Assert.Equal(0, server.Report.SynDataBytes);
    }

    [Fact]
    public async Task EarlyDataThatNobodyAskedAbout_IsSkippedAndDoesNotCountAsHello()
    {
        // The other listener has a register of its own: the ticket names the first one's.
        var ring = new SessionTicketKeyRing();
        await using SecureListener first = Listen(options => options.TicketKeys = ring);
        await using SecureListener listener = Listen(options => (options.TicketKeys, options.FastOpen) = (ring, FastOpenMode.Cookieless));
        using var client = new EngineClient(await EngineClient.VisitAsync(first), s_request);
        byte[] flight = client.MakeFirstFlight();
        await client.ConnectInSynAsync(listener.LocalEndPoint, flight);
        await client.HandshakeAsync();
        await using SecureStream server = await listener.AcceptAsync(Cancelled).Guarded();

        Assert.Equal((true, EarlyDataStatus.Rejected, 0), (server.Report.IsResumed, server.Report.EarlyData, server.Report.EarlyDataBytes));
        Assert.Equal(client.ClientHelloLength, server.Report.ClientHelloBytes);
        Assert.Equal(flight.Length, server.Report.SynDataBytes);
        Assert.Equal(1, server.Report.RoundTripsUntilRequest);
    }

    [Theory]
    [InlineData(200, 0)]
    [InlineData(1100, 1)] // beside the hello more than the SYN has room for
    [InlineData(50_000, 1)]
    public async Task ClientAndServer_AgreeOnWhatItTook(int length, int roundTrips)
    {
        byte[] request = Exchange.Bytes(length);
        await using SecureListener listener = Listen(options => options.FastOpen = FastOpenMode.Cookieless);
        SecureClient secureClient = SecurePair.MakeClient(options => options.FastOpen = FastOpenMode.Cookieless);
        await using (SecureStream first = await secureClient.ConnectAsync(listener.LocalEndPoint, SecurePair.Host, Cancelled).Guarded())
        {
            await first.FlushAsync(Cancelled);
            await using SecureStream firstServer = await listener.AcceptAsync(Cancelled).Guarded();
            await Exchange.RoundTripAsync(first, firstServer);
        }

        Task<SecureStream> connect = secureClient.ConnectAsync(listener.LocalEndPoint, SecurePair.Host, request, Cancelled).AsTask();
        await using SecureStream server = await listener.AcceptAsync(Cancelled).Guarded();
        Assert.Equal(request, await ReadEarlyAsync(server, length));
        await server.WriteAsync(s_response, Cancelled).Guarded();
        await using SecureStream client = await connect.Guarded();
        Assert.Equal(s_response, await Exchange.ReadAsync(client, s_response.Length));
        await server.CompleteHandshakeAsync(Cancelled).Guarded();

        foreach (HandshakeReport report in (HandshakeReport[])[client.Report, server.Report])
        {
            Assert.Equal((true, EarlyDataStatus.Accepted, length), (report.IsResumed, report.EarlyData, report.EarlyDataBytes));
            Assert.Equal(roundTrips, report.RoundTripsUntilRequest);
            Assert.Equal(client.Report.ClientHelloBytes, report.ClientHelloBytes);
        }

        if (roundTrips == 0)
            Assert.Equal(client.Report.SynDataBytes, server.Report.SynDataBytes);
        await Exchange.RoundTripAsync(client, server);
    }

    [Fact]
    public async Task ClientWhoseEarlyDataIsRefused_SendsTheSameOnceMore()
    {
        var register = new ScriptedRegister(_ => new(false));
        await using SecureListener listener = Listen(options => options.ReplayRegister = register);
        SecureClient secureClient = SecurePair.MakeClient();
        for (int visit = 0; visit < 3; visit++)
        {
            await using SecureStream client = await secureClient
                .ConnectAsync(listener.LocalEndPoint, SecurePair.Host, s_request, Cancelled).Guarded();
            await using SecureStream server = await listener.AcceptAsync(Cancelled).Guarded();
            Assert.True(server.IsHandshakeComplete);
            Assert.Equal(0, await server.ReadEarlyDataAsync(new byte[1], Cancelled).Guarded());
            Assert.Equal(s_request, await Exchange.ReadAsync(server, s_request.Length));
            await Exchange.RoundTripAsync(client, server);
            Assert.Equal(visit, register.Asked);
        }
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

    [Fact]
    public async Task ListenerDisposed_LeavesEarlyStreamsThatWereAccepted()
    {
        SecureListener listener = Listen();
        using EngineClient client = await ReturnAsync(listener);
        await using SecureStream server = await listener.AcceptAsync(Cancelled).Guarded();
        using EngineClient other = await ReturnAsync(listener); // not accepted
        await listener.DisposeAsync().Guarded();

        await client.HandshakeAsync();
        Assert.Equal(s_request, await Exchange.ReadAsync(server, s_request.Length));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => listener.AcceptAsync(Cancelled).Guarded());
    }

    [Fact]
    public async Task EarlyConnections_HoldNoBufferAfterwards()
    {
        using var ledger = new PoolLedger();
        await using (SecureListener listener = Listen())
        {
            using EngineClient client = await ReturnAsync(listener);
            await using SecureStream server = await listener.AcceptAsync(Cancelled).Guarded();
            await ReadEarlyAsync(server, 10);
            Task<int> read = server.ReadAsync(new byte[1], Cancelled).AsTask();
            await server.DisposeAsync();
            await Assert.ThrowsAsync<ObjectDisposedException>(() => read.Guarded());
        }

        Assert.NotEqual(0, ledger.Total);
        Assert.Equal(0, ledger.ReturnedTwice);
        Assert.Equal(0, ledger.Out);
    }

    private static async Task<byte[]> ReadEarlyAsync(SecureStream stream, int count)
    {
        byte[] bytes = new byte[count];
        int read = 0;
        while (read < count)
        {
            int more = await stream.ReadEarlyDataAsync(bytes.AsMemory(read), Cancelled).Guarded();
            Assert.NotEqual(0, more);
            read += more;
        }

        return bytes;
    }

    /// <summary>A client that was here before, with its request on the way.</summary>
    private static async Task<EngineClient> ReturnAsync(SecureListener listener, TimeProvider? clock = null)
    {
        var client = new EngineClient(await EngineClient.VisitAsync(listener, clock), s_request, clock);
        await client.ConnectAsync(listener.LocalEndPoint);
        return client;
    }

    private static async Task AssertRejectedAsync(EngineClient client, SecureListener listener)
    {
        await client.HandshakeAsync();
        client.Write(s_response);
        await client.FlushAsync();
        await using SecureStream server = await listener.AcceptAsync(Cancelled).Guarded();
        Assert.True(server.IsHandshakeComplete);
        Assert.Equal((true, EarlyDataStatus.Rejected), (server.Report.IsResumed, server.Report.EarlyData));
        Assert.Equal(EarlyDataStatus.Rejected, client.Negotiated.EarlyData);
        Assert.Equal(0, await server.ReadEarlyDataAsync(new byte[1], Cancelled).Guarded());
        Assert.Equal(s_response, await Exchange.ReadAsync(server, s_response.Length));
    }

    private SecureListener Listen(Action<SecureListenerOptions>? configure = null) => SecurePair.Listen(options =>
    {
        options.LoggerFactory = _log;
        options.MaximumEarlyData = 100_000;
        configure?.Invoke(options);
    });
}
