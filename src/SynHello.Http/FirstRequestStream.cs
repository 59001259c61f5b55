using System.Buffers;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;

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
/// <param name="protocols">Is told when the server chooses another protocol.</param>
/// <param name="connectTimeout">How long connecting may take.</param>
internal sealed class FirstRequestStream(
    DeferredSecureStream inner,
    bool isHttp2,
    Origin origin,
    EarlyRequests earlyRequests,
    OriginProtocols protocols,
    TimeSpan connectTimeout) : Stream
{
    private readonly TaskCompletionSource _connected = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ArrayBufferWriter<byte>? _beginning;

    /// <summary>What is read in the place of a connection that is of no use; null where there is one.</summary>
    private MemoryStream? _farewell;

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
        return _connected.Task.IsCompletedSuccessfully
            ? Connection.ReadAsync(buffer, cancellationToken)
            : WaitAndReadAsync();

        async ValueTask<int> WaitAndReadAsync()
        {
            await _connected.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
            return await Connection.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
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

    private Stream Connection => _farewell as Stream ?? inner;

    private void EndWaiting() => Fail(new ObjectDisposedException(nameof(FirstRequestStream)));

    private async ValueTask WriteFirstAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken)
    {
        if (isHttp2)
        {
            // What SocketsHttpHandler begins with and the first request are two writes of its own.
            _beginning ??= new ArrayBufferWriter<byte>();
            _beginning.Write(buffer.Span);
            buffer = _beginning.WrittenMemory;
            if (!Http2FirstFlight.HasMoreThanSettings(buffer.Span))
                return;
        }

        using var timeout = new CancellationTokenSource(connectTimeout);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            await ConnectAndSendAsync(buffer, linked.Token).ConfigureAwait(false);
            _beginning = null;
            _connected.TrySetResult();
        }
        catch (OperationCanceledException exception) when (timeout.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            var late = new TimeoutException($"No connection within {connectTimeout.TotalSeconds:0.###} s. ({origin.Host}:{origin.Port})", exception);
            Fail(late);
            throw new TaskCanceledException(late.Message, late);
        }
        catch (Exception exception) when (exception is SocketException or AuthenticationException or TimeoutException or IOException)
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
    }

    private async ValueTask ConnectAndSendAsync(ReadOnlyMemory<byte> flight, CancellationToken cancellationToken)
    {
        SecureRequest? request = SecureRequest.Current;
        bool mayBeEarly = isHttp2
            ? earlyRequests.MayHttp2BeEarly && Http2FirstFlight.IsReplaySafe(flight.Span)
            : request is { MayBeEarly: true } && Http11RequestHead.IsReplaySafe(flight.Span);
        inner.FirstWriteIsReplaySafe = mayBeEarly;
        if (isHttp2 && !mayBeEarly)
        {
            // Not a byte of it goes to a server that no longer speaks it.
            await inner.FlushAsync(cancellationToken).ConfigureAwait(false);
            if (TakesLeave())
                return;
        }

        try
        {
            await inner.WriteAsync(flight, cancellationToken).ConfigureAwait(false);
        }
        catch (IOException) when (TakesLeave())
        {
            return; // it was not sent
        }

        if (inner.Connection!.Report.EarlyData != Tls.EarlyDataStatus.Accepted)
            return;
        if (isHttp2)
            earlyRequests.NoteHttp2Flight();
        else if (request is not null)
            request.WasEarly = true;
    }

    /// <summary>
    /// Whether the server has chosen another protocol than HTTP/2 this time. The requests are made again then, on a connection
    /// where it is asked first: that none of them was taken is said as a server would say it.
    /// </summary>
    private bool TakesLeave()
    {
        if (!isHttp2
            || inner.Connection is not { } connection
            || connection.NegotiatedApplicationProtocol == SslApplicationProtocol.Http2)
        {
            return false;
        }

        protocols.Set(origin, isHttp2: false);
        _farewell = new MemoryStream(Http2FirstFlight.NothingTaken.ToArray(), writable: false);
        inner.Dispose();
        return true;
    }

    private void Fail(Exception exception)
    {
        if (_connected.TrySetException(exception))
            _ = _connected.Task.Exception; // whoever reads is told; nobody has to
    }
}
