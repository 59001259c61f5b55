using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Security.Authentication;

using SynHello.Testing;
using SynHello.Wire;

namespace SynHello.Tests;

/// <summary>A listener, clients, and a relay between them that does harm; and the account of what they leave behind.</summary>
internal sealed class FaultBench : IAsyncDisposable
{
    /// <summary>Far more than the sockets between two ends hold, with what <see cref="BulkBuffer"/> leaves of them.</summary>
    private const int BulkLength = 2 << 20;

    private const int BulkBuffer = 32_768;

    private static readonly byte[] _bulk = Exchange.Bytes(BulkLength, seed: 3);

    /// <summary>Longer than a test waits for anything: nothing that hangs ends by it, and its timers are counted all the same.</summary>
    private static readonly TimeSpan _handshakeTimeout = TimeSpan.FromMinutes(5);

    private readonly FaultScenario _scenario;
    private readonly RecordedMetrics _metrics = new();
    private readonly CountedTimers _timers = new();
    private readonly CollectingLogger _log = new();
    private readonly ConcurrentBag<Task> _served = [];
    private readonly ConcurrentBag<Exception> _unobserved = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _accepting;
    private readonly bool _isBulk;
    private readonly byte[] _request = Exchange.Bytes(700);
    private readonly byte[] _response = Exchange.Bytes(9000, seed: 2);
    private int _callsUnderWay;
    private Fault[] _faults = [];
    private int _next = -1;

    /// <summary>Sets everything up.</summary>
    /// <param name="scenario">The kind of connections.</param>
    /// <param name="isBulk">Whether request and response are more than the sockets hold.</param>
    public FaultBench(FaultScenario scenario, bool isBulk = false)
    {
        _scenario = scenario;
        _isBulk = isBulk;
        if (isBulk)
            _request = _response = _bulk;
        FinalizeAll(); // what others have left behind
        TaskScheduler.UnobservedTaskException += OnUnobserved;
        Listener = SecurePair.Listen(options =>
        {
            options.FastOpen = Sockets.FastOpenMode.Off;
            options.TimeProvider = _timers;
            options.MeterFactory = _metrics;
            options.LoggerFactory = _log;
            options.HandshakeTimeout = _handshakeTimeout;
            scenario.Listener(options);
        });
        Client = SecurePair.MakeClient(options =>
        {
            options.FastOpen = Sockets.FastOpenMode.Off;
            options.TimeProvider = _timers;
            options.MeterFactory = _metrics;
            options.LoggerFactory = _log;
            options.SessionStore = new KeptSession();
            options.HandshakeTimeout = _handshakeTimeout;
            scenario.Client(options);
        });
        Relay = new FaultyRelay(Listener.LocalEndPoint, NextFault, scenario.FastOpen)
        {
            ReceiveBufferSize = isBulk ? BulkBuffer : null,
        };
        _accepting = AcceptAsync();
    }

    public SecureListener Listener { get; }

    public SecureClient Client { get; }

    public FaultyRelay Relay { get; }

    /// <summary>What happens to the connections from now on, in turn; nothing to those behind.</summary>
    public void Plan(params Fault[] faults)
    {
        _faults = faults;
        Volatile.Write(ref _next, -1);
    }

    /// <summary>Whether the test has one end close its side in the middle, with close_notify.</summary>
    public bool PeersMayEnd { get; init; }

    /// <summary>What the server does once it has read the request, where that is not to send the response.</summary>
    public Func<SecureStream, Task>? Respond { get; set; }

    /// <summary>What the server sends.</summary>
    public ReadOnlyMemory<byte> Response => _response;

    /// <summary>Whether requests go as early data.</summary>
    public bool IsEarly => _scenario.IsEarly;

    /// <summary>The next connection stalls, or is jammed.</summary>
    /// <returns>Completes when it has; the connection stays as it is until it is disposed of.</returns>
    public Task<RelayedConnection> PlanStall(Fault stall)
    {
        var stalled = new TaskCompletionSource<RelayedConnection>(TaskCreationOptions.RunContinuationsAsynchronously);
        Relay.Stalled = connection => stalled.TrySetResult(connection);
        Plan(stall);
        return stalled.Task;
    }

    /// <summary>A connection that nothing happens to.</summary>
    public async Task<RelayedConnection> VisitUnharmedAsync()
    {
        Plan();
        Exception? failure = await VisitAsync(CancellationToken.None).Guarded();
        Assert.True(failure is null, failure?.ToString());
        await SettleAsync();
        return await Relay.LastAsync().Guarded();
    }

    /// <summary>
    /// A whole visit: connect, a request and its response, and the end of both directions.
    /// </summary>
    /// <returns>What it failed with; null when the response came whole, with its end.</returns>
    public async Task<Exception?> VisitAsync(CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _callsUnderWay);
        try
        {
            await using SecureStream stream = await Client.ConnectAsync(
                Relay.EndPoint, SecurePair.Host, _scenario.IsEarly ? _request : default, cancellationToken);
            NarrowSocket(stream);
            if (!_scenario.IsEarly)
                await stream.WriteAsync(_request, cancellationToken);
            await TalkAsync(stream, cancellationToken);
            return null;
        }
        catch (Exception exception)
        {
            return exception;
        }
        finally
        {
            Interlocked.Decrement(ref _callsUnderWay);
        }
    }

    /// <summary>The same with a stream that connects by its first write, handed out before that.</summary>
    public async Task<Exception?> VisitAsync(DeferredSecureStream stream)
    {
        Interlocked.Increment(ref _callsUnderWay);
        try
        {
            await stream.WriteAsync(_request);
            await TalkAsync(await stream.ConnectedAsync(), CancellationToken.None);
            return null;
        }
        catch (Exception exception)
        {
            return exception;
        }
        finally
        {
            Interlocked.Decrement(ref _callsUnderWay);
        }
    }

    /// <summary>Cuts connections at bytes of chance, and asserts that they break, and how.</summary>
    public async Task AssertCutsBreakAsync(int cuts)
    {
        RelayedConnection whole = await VisitUnharmedAsync();
        var random = new Random(7);
        int before = Relay.Struck;
        int broken = 0;
        Plan([.. Enumerable.Range(0, cuts).Select(_ => Fault.Cut(random, whole.BytesToServer, whole.BytesToClient))]);
        await Parallel.ForAsync(0, cuts, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (_, _) =>
        {
            Exception? failure = await VisitAsync(CancellationToken.None).Guarded();
            AssertBroken(failure);
            if (failure is not null)
                Interlocked.Increment(ref broken);
        });
        await Relay.IdleAsync().Guarded();

        // A signature may be a byte shorter than the last one, and harm to the last bytes comes behind all that matters. Where the
        // request came in the SYN that is more of them: the response is on its way before the client has anything else to send.
        Assert.InRange(Relay.Struck - before, cuts * 9 / 10, cuts);
        Assert.InRange(broken, _scenario.FastOpen == Sockets.FastOpenMode.Off ? cuts * 3 / 4 : cuts / 2, cuts);
    }

    /// <summary>Waits until nothing of what was begun goes on: every connection's end, on either side.</summary>
    public async Task SettleAsync()
    {
        while (_served.TryTake(out Task? served))
            await served.Guarded();
        long deadline = Environment.TickCount64 + 60_000;
        while (_metrics.Sum("synhello.server.active_handshakes") != 0 || Listener.HandshakesUnderWay != 0 || !_served.IsEmpty)
        {
            Assert.True(Environment.TickCount64 < deadline, "Handshakes go on.");
            while (_served.TryTake(out Task? served))
                await served.Guarded();
            await Task.Yield();
        }
    }

    /// <summary>Ends everything, and asserts that every call has ended and all that was counted is back.</summary>
    public ValueTask DisposeAsync() => DisposeAsync(Task.CompletedTask);

    /// <summary>The same while a client is still at it: the relay's end is its own.</summary>
    public async ValueTask DisposeAsync(Task visiting)
    {
        await _stop.CancelAsync();
        await Listener.DisposeAsync().Guarded();
        await _accepting.Guarded();
        await SettleAsync();
        await Relay.DisposeAsync().AsTask().Guarded();
        await visiting.Guarded();
        Assert.Equal(0, Volatile.Read(ref _callsUnderWay));
        Assert.Equal(0, _metrics.Sum("synhello.client.active_handshakes"));
        Assert.Equal(0, _metrics.Sum("synhello.server.active_handshakes"));
        long deadline = Environment.TickCount64 + 60_000;
        while (_timers.Count > 1 && Environment.TickCount64 < deadline)
            await Task.Yield(); // a handshake gives its timer back last of all
        Assert.InRange(_timers.Count, 0, 1); // one serves all held flights of a client
        Assert.DoesNotContain(_log.Entries, entry => entry.Level >= Microsoft.Extensions.Logging.LogLevel.Error);

        FinalizeAll();
        TaskScheduler.UnobservedTaskException -= OnUnobserved;
        Assert.Empty(_unobserved);
        _metrics.Dispose();
        _log.Dispose();
        _stop.Dispose();
    }

    /// <summary>Asserts that a call has failed as it is documented to where a connection breaks.</summary>
    public void AssertBroken(Exception? failure)
    {
        if (failure is null)
            return; // the harm came behind all that mattered
        Exception? cause = failure is AuthenticationException or IOException ? failure.InnerException : failure;
        bool isDocumented = failure switch
        {
            EndOfStreamException => PeersMayEnd, // otherwise data that was cut short was taken for all of it
            SocketException => true,
            AuthenticationException or IOException { InnerException: not null } => cause is SocketException
                or TlsProtocolException { Cause: TlsErrorCause.TruncatedByPeer or TlsErrorCause.PeerAlert },
            IOException => failure.Message.StartsWith("An earlier write", StringComparison.Ordinal),
            _ => false,
        };
        Assert.True(isDocumented, failure.ToString());
    }

    /// <summary>The stream's own socket, to see whether it takes more.</summary>
    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_socket")]
    public static extern ref Socket SocketOf(SecureStream stream);

    private void NarrowSocket(SecureStream stream)
    {
        if (_isBulk)
            SocketOf(stream).SendBufferSize = BulkBuffer;
    }

    private async Task TalkAsync(SecureStream stream, CancellationToken cancellationToken)
    {
        byte[] response = new byte[_response.Length];
        await stream.ReadExactlyAsync(response, cancellationToken);
        Assert.True(response.AsSpan().SequenceEqual(_response), "The response is another one.");
        await stream.ShutdownAsync(cancellationToken);
        Assert.Equal(0, await stream.ReadAsync(new byte[1], cancellationToken));
    }

    private Fault NextFault()
    {
        int next = Interlocked.Increment(ref _next);
        return next < _faults.Length ? _faults[next] : Fault.None;
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
                _served.Add(ServeAsync(await Listener.AcceptAsync(_stop.Token)));
        }
        catch (Exception exception) when (exception is OperationCanceledException or ObjectDisposedException)
        {
            // The end of the test.
        }
    }

    private async Task ServeAsync(SecureStream stream)
    {
        Interlocked.Increment(ref _callsUnderWay);
        await Task.Yield();
        await using SecureStream owned = stream;
        try
        {
            NarrowSocket(stream);
            byte[] request = new byte[_request.Length];
            int read = 0;
            while (read < request.Length && await stream.ReadEarlyDataAsync(request.AsMemory(read), _stop.Token) is int count and > 0)
                read += count;
            if (read == 0)
                await stream.ReadExactlyAsync(request, _stop.Token);
            Assert.True(request.AsSpan().SequenceEqual(_request), "The request is another one.");
            if (Respond is { } respond)
            {
                await respond(stream);
                return;
            }

            await stream.WriteAsync(_response, _stop.Token);
            await stream.CompleteHandshakeAsync(_stop.Token);
            await stream.ShutdownAsync(_stop.Token);
            Assert.Equal(0, await stream.ReadAsync(new byte[1], _stop.Token));
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            stream.Abort(); // where it was held up
        }
        catch (Exception exception) when (exception is not Xunit.Sdk.XunitException)
        {
            AssertBroken(exception);
        }
        finally
        {
            Interlocked.Decrement(ref _callsUnderWay);
        }
    }

    private static void FinalizeAll()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
    }

    private void OnUnobserved(object? sender, UnobservedTaskExceptionEventArgs arguments) => _unobserved.Add(arguments.Exception);
}
