using SynHello.Testing;
using SynHello.Tls;

using static SynHello.Tests.EarlyVisits;

namespace SynHello.Tests;

/// <summary>Questions to the replay register, and what is done without an answer.</summary>
public sealed class ReplayRegisterQuestionTests : IDisposable
{
    private const int HandshakeFailed = 4, RegisterFailed = 30;

    private readonly CollectingLogger _log = new();
    private readonly ObservedClock _clock = new(new FakeTimeProvider());

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public void Dispose() => _log.Dispose();

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
        Assert.Equal(Request, await ReadEarlyAsync(server, Request.Length));
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
        using var client = new EngineClient(session, Request, _clock);
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
    public async Task ClientWhoseEarlyDataIsRefused_SendsTheSameOnceMore()
    {
        var register = new ScriptedRegister(_ => new(false));
        await using SecureListener listener = Listen(options => options.ReplayRegister = register);
        SecureClient secureClient = SecurePair.MakeClient();
        for (int visit = 0; visit < 3; visit++)
        {
            await using SecureStream client = await secureClient
                .ConnectAsync(listener.LocalEndPoint, SecurePair.Host, Request, Cancelled).Guarded();
            await using SecureStream server = await listener.AcceptAsync(Cancelled).Guarded();
            Assert.True(server.IsHandshakeComplete);
            Assert.Equal(0, await server.ReadEarlyDataAsync(new byte[1], Cancelled).Guarded());
            Assert.Equal(Request, await Exchange.ReadAsync(server, Request.Length));
            await Exchange.RoundTripAsync(client, server);
            Assert.Equal(visit, register.Asked);
        }
    }

    private SecureListener Listen(Action<SecureListenerOptions>? configure = null) =>
        EarlyVisits.Listen(configure, _log);
}
