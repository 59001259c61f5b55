using System.Buffers;
using System.Diagnostics;
using System.Net.Security;

namespace SynHello.Http;

/// <summary>
/// A connection that its first request makes, so that the request can ride as early data. What is early is decided when the
/// request is written and not before: <see cref="SocketsHttpHandler"/> may give a connection to another request than to
/// the one that asked for it. A read waits until there is a connection, and makes none.
/// </summary>
/// <param name="inner">What connects.</param>
/// <param name="isHttp2">
/// Whether HTTP/2 is to be spoken, because the server chose it before: then what begins a connection waits for the first request.
/// </param>
/// <param name="origin">Where it leads to.</param>
/// <param name="earlyRequests">Which requests may be early.</param>
/// <param name="protocols">Is told when the server chooses another protocol, or cannot be reached.</param>
/// <param name="connectTimeout">How long connecting may take.</param>
/// <param name="timeProvider">The clock.</param>
internal sealed class FirstRequestStream(
    DeferredSecureStream inner,
    bool isHttp2,
    Origin origin,
    EarlyRequests earlyRequests,
    OriginProtocols protocols,
    TimeSpan connectTimeout,
    TimeProvider timeProvider) : Stream
{
    /// <summary>
    /// How long what begins a connection of HTTP/2 waits for a request. Some wait themselves, for the server's SETTINGS (RFC 8441 section 3), and
    /// one may have been given up.
    /// </summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(1);

    private readonly TaskCompletionSource _connected = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _lock = new();
    private ArrayBufferWriter<byte>? _beginning;
    private ITimer? _timer;
    private bool _isBegun;

    /// <summary>What is read in the place of a connection that is of no use; null where there is one.</summary>
    private MemoryStream? _farewell;

    private readonly TaskCompletionSource _decided = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _disposal = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>
    /// Completes when the connection is one that speaks what it is to, or nobody is given it any more. Never fails.
    /// </summary>
    public Task Decided => _decided.Task;

    public override bool CanRead => inner.CanRead;

    public override bool CanWrite => inner.CanWrite;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (!_connected.Task.IsCompletedSuccessfully)
            return WriteFirstAsync(buffer, cancellationToken);
        return _farewell is null ? inner.WriteAsync(buffer, cancellationToken) : default;
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        return _connected.Task.IsCompletedSuccessfully && _farewell is null
            ? inner.ReadAsync(buffer, cancellationToken)
            : WaitAndReadAsync();

        async ValueTask<int> WaitAndReadAsync()
        {
            await _connected.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
            if (_farewell is null)
                return await inner.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
            int count = _farewell.Read(buffer.Span);
            if (count > 0 || buffer.IsEmpty)
                return count;

            // Who reads on has heard it, and gives this connection to no other request. An end right behind it would fail those that
            // are about to be written.
            _decided.TrySetResult();
            await _disposal.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
            return 0;
        }
    }

    public override Task FlushAsync(CancellationToken cancellationToken) =>
        _connected.Task.IsCompletedSuccessfully && _farewell is null ? inner.FlushAsync(cancellationToken) : Task.CompletedTask;

    public override void Flush() => FlushAsync(CancellationToken.None).GetAwaiter().GetResult();

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
    {
        ValidateBufferArguments(buffer, offset, count);
        return ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();
    }

    public override int Read(byte[] buffer, int offset, int count) =>
        ReadAsync(buffer, offset, count, CancellationToken.None).GetAwaiter().GetResult();

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
    {
        ValidateBufferArguments(buffer, offset, count);
        return WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();
    }

    public override void Write(byte[] buffer, int offset, int count) =>
        WriteAsync(buffer, offset, count, CancellationToken.None).GetAwaiter().GetResult();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override async ValueTask DisposeAsync()
    {
        EndWaiting();
        await inner.DisposeAsync().ConfigureAwait(false);
        await base.DisposeAsync().ConfigureAwait(false);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            EndWaiting();
            inner.Dispose();
        }

        base.Dispose(disposing);
    }

    private void EndWaiting()
    {
        lock (_lock)
        {
            _isBegun = true;
            _timer?.Dispose();
        }

        Fail(new ObjectDisposedException(nameof(FirstRequestStream)));
        _decided.TrySetResult();
        _disposal.TrySetResult();
    }

    private ValueTask WriteFirstAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken)
    {
        bool isFirst;
        lock (_lock)
        {
            isFirst = !_isBegun;
            if (isFirst && isHttp2)
            {
                // What SocketsHttpHandler begins with and the first request are two writes of its own.
                _beginning ??= new ArrayBufferWriter<byte>();
                _beginning.Write(buffer.Span);
                buffer = _beginning.WrittenMemory;
                if (!Http2FirstFlight.HasMoreThanSettings(buffer.Span))
                {
                    _timer ??= timeProvider.CreateTimer(
                        static stream => ((FirstRequestStream)stream!).BeginWithoutRequest(), this, s_patience, Timeout.InfiniteTimeSpan);
                    return default;
                }
            }

            _isBegun = true;
            _timer?.Dispose();
        }

        return isFirst ? new ValueTask(BeginAsync(buffer, hasRequest: true, cancellationToken)) : WaitAndWriteAsync(buffer, cancellationToken);
    }

    private async ValueTask WaitAndWriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken)
    {
        await _connected.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        if (_farewell is null)
            await inner.WriteAsync(buffer, cancellationToken).ConfigureAwait(false);
    }

    private void BeginWithoutRequest()
    {
        lock (_lock)
        {
            if (_isBegun)
                return;
            _isBegun = true;
            _timer?.Dispose();
        }

        Activity.Current = null; // a pool's
        Task begun = BeginAsync(_beginning!.WrittenMemory, hasRequest: false, CancellationToken.None);
        _ = begun.ContinueWith(
            static failed => _ = failed.Exception, // whoever uses the connection is told
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously | TaskContinuationOptions.OnlyOnFaulted,
            TaskScheduler.Default);
    }

    /// <summary>Connects and sends the first bytes, by whoever has set <see cref="_isBegun"/>.</summary>
    private async Task BeginAsync(ReadOnlyMemory<byte> flight, bool hasRequest, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(connectTimeout);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            await ConnectAndSendAsync(flight, hasRequest, linked.Token).ConfigureAwait(false);
            _connected.TrySetResult();
            if (_farewell is null)
                _decided.TrySetResult();
        }
        catch (Exception exception) when (
            isHttp2 && inner.Connection is null && exception is not ObjectDisposedException && !cancellationToken.IsCancellationRequested)
        {
            // No connection came of it, and nothing was sent that could not be sent again. Each request's next attempt connects before it
            // is given a connection, and fails as one of SocketsHttpHandler's.
            protocols.Ask(origin);
            TakeLeave();
            _connected.TrySetResult();
        }
        catch (OperationCanceledException exception) when (timeout.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            var late = new TimeoutException($"No connection within {connectTimeout.TotalSeconds:0.###} s. ({origin.Host}:{origin.Port})", exception);
            Fail(late);
            throw new TaskCanceledException(late.Message, late);
        }
        catch (Exception exception) when (exception is not (OperationCanceledException or ObjectDisposedException))
        {
            HttpRequestException failure = ConnectFailure.Wrap(exception, origin);
            Fail(failure);
            throw failure;
        }
        catch (Exception exception)
        {
            Fail(exception);
            throw;
        }
        finally
        {
            _beginning = null;
        }
    }

    private async ValueTask ConnectAndSendAsync(ReadOnlyMemory<byte> flight, bool hasRequest, CancellationToken cancellationToken)
    {
        SecureRequest? request = SecureRequest.Current;
        bool mayBeEarly = isHttp2
            ? hasRequest && earlyRequests.MayHttp2BeEarly && Http2FirstFlight.IsReplaySafe(flight.Span)
            : request?.MayBeEarlyTo(origin) == true && Http11RequestHead.IsReplaySafe(flight.Span);
        inner.FirstWriteIsReplaySafe = mayBeEarly;
        if (isHttp2 && !mayBeEarly)
        {
            // Not a byte of it goes to a server that no longer speaks it.
            await inner.FlushAsync(cancellationToken).ConfigureAwait(false);
            if (HasGivenUpHttp2())
                return;
        }

        try
        {
            await inner.WriteAsync(flight, cancellationToken).ConfigureAwait(false);
        }
        catch (IOException) when (HasGivenUpHttp2())
        {
            return; // it was not sent
        }

        if (inner.Connection!.Report.EarlyData != Tls.EarlyDataStatus.Accepted)
            return;
        if (isHttp2)
            earlyRequests.NoteHttp2Flight();
        else if (request is not null)
            request.EarlyAt = origin;
    }

    /// <summary>
    /// Whether the server has chosen another protocol than HTTP/2 this time, or none. The requests are made again then, on a connection
    /// where it is asked first.
    /// </summary>
    private bool HasGivenUpHttp2()
    {
        if (!isHttp2
            || inner.Connection is not { } connection
            || connection.NegotiatedApplicationProtocol == SslApplicationProtocol.Http2)
        {
            return false;
        }

        protocols.Set(origin, isHttp2: false);
        TakeLeave();
        return true;
    }

    /// <summary>That no request was taken is said as a server would say it.</summary>
    private void TakeLeave()
    {
        _farewell = new MemoryStream(Http2FirstFlight.NothingTaken.ToArray(), writable: false);
        inner.Dispose();
    }

    private void Fail(Exception exception)
    {
        if (_connected.TrySetException(exception))
            _ = _connected.Task.Exception; // whoever reads is told; nobody has to
        _decided.TrySetResult();
    }
}
