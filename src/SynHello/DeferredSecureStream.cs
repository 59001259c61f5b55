namespace SynHello;

/// <summary>
/// A stream that connects when it is first used, so that its first write can be early data: it goes right behind the
/// ClientHello, into the SYN as far as it has room, when it was declared safe to replay and there is a session for it.
/// The first write, read or flush connects; afterwards everything goes to the <see cref="SecureStream"/>. One read and
/// any number of writes may be under way at a time, from different threads; of writes at the same time, the one that
/// connects is the first.
/// </summary>
public sealed class DeferredSecureStream : Stream
{
    private readonly Func<ReadOnlyMemory<byte>, bool, CancellationToken, ValueTask<SecureStream>> _connect;
    private readonly TaskCompletionSource<SecureStream> _connected =
        new(TaskCreationOptions.RunContinuationsAsynchronously);

    private readonly CancellationTokenSource _disposal = new();
    private readonly Lock _lock = new();
    private volatile SecureStream? _connection;
    private bool _firstWriteIsReplaySafe;
    private bool _isDialing;
    private bool _isDisposed;
    private int _readTimeout = Timeout.Infinite;
    private int _writeTimeout = Timeout.Infinite;

    internal DeferredSecureStream(Func<ReadOnlyMemory<byte>, bool, CancellationToken, ValueTask<SecureStream>> connect) =>
        _connect = connect;

    /// <summary>
    /// Whether the bytes of the first write are safe to replay, so that they may be early data. Whoever sees them on
    /// the wire can send them again, and they are not forward secret (RFC 8446 section 8 and appendix E.5; see <see
    /// cref="SecureClient.ConnectAsync(System.Net.EndPoint, string, ReadOnlyMemory{byte}, CancellationToken)"/>).
    /// They are in the first of <see cref="SecureClientOptions.ApplicationProtocols"/>.
    /// Can be set until the stream connects.
    /// </summary>
    /// <exception cref="InvalidOperationException">The stream connects already.</exception>
    public bool FirstWriteIsReplaySafe
    {
        get
        {
            lock (_lock)
                return _firstWriteIsReplaySafe;
        }

        set
        {
            lock (_lock)
            {
                if (_isDialing)
                    throw new InvalidOperationException("The first write has been made already.");
                _firstWriteIsReplaySafe = value;
            }
        }
    }

    /// <summary>The connection; null until it is there.</summary>
    public SecureStream? Connection => _connection;

    /// <inheritdoc/>
    public override bool CanRead => !IsDisposed;

    /// <inheritdoc/>
    public override bool CanWrite => !IsDisposed;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanTimeout => true;

    /// <summary>Not supported.</summary>
    /// <exception cref="NotSupportedException">Always.</exception>
    public override long Length => throw new NotSupportedException();

    /// <summary>Not supported.</summary>
    /// <exception cref="NotSupportedException">Always.</exception>
    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>
    /// <inheritdoc cref="SecureStream.ReadTimeout" path="/summary/node()"/> The time that connecting takes is bounded
    /// by <see cref="SecureClientOptions.HandshakeTimeout"/> instead.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">
    /// The value is neither positive nor <see cref="Timeout.Infinite"/>.
    /// </exception>
    public override int ReadTimeout
    {
        get => _readTimeout;
        set => SetTimeout(ref _readTimeout, value);
    }

    /// <summary>
    /// <inheritdoc cref="SecureStream.WriteTimeout" path="/summary/node()"/> The time that connecting takes is bounded
    /// by <see cref="SecureClientOptions.HandshakeTimeout"/> instead.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">
    /// The value is neither positive nor <see cref="Timeout.Infinite"/>.
    /// </exception>
    public override int WriteTimeout
    {
        get => _writeTimeout;
        set => SetTimeout(ref _writeTimeout, value);
    }

    private bool IsDisposed
    {
        get
        {
            lock (_lock)
                return _isDisposed;
        }
    }

    /// <summary>Waits for the connection. Does not connect: a write, a read or a flush does.</summary>
    /// <param name="cancellationToken">Ends the wait, not the connecting.</param>
    /// <returns>The connection. It is this stream's, and disposed of with it.</returns>
    /// <exception cref="ObjectDisposedException">The stream was disposed of.</exception>
    /// <exception cref="Exception">What connecting failed with.</exception>
    public Task<SecureStream> ConnectedAsync(CancellationToken cancellationToken = default) =>
        _connected.Task.WaitAsync(cancellationToken);

    /// <summary>
    /// Reads application data, as <see cref="SecureStream.ReadAsync(Memory{byte}, CancellationToken)"/>. Connects if
    /// nothing has so far: a first write behind it is then no early data any more.
    /// </summary>
    /// <param name="buffer">What is filled.</param>
    /// <param name="cancellationToken">Ends the wait; when the call is the one that connects, connecting too.</param>
    /// <returns>How many bytes were read; 0 when the peer has sent close_notify, or when the buffer is empty.</returns>
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        return _connection is { } connection ? connection.ReadAsync(buffer, cancellationToken) : DialAndReadAsync();

        async ValueTask<int> DialAndReadAsync()
        {
            SecureStream made = await DialOrWaitAsync(cancellationToken).ConfigureAwait(false);
            return await made.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Sends application data. The first write connects, and ends when the handshake is complete and the data is sent.
    /// An empty one does nothing.
    /// </summary>
    /// <param name="buffer">What is sent.</param>
    /// <param name="cancellationToken">
    /// Ends the wait; of the write that connects, connecting too, and the stream is of no use then.
    /// </param>
    /// <exception cref="IOException">
    /// The connection broke, or the peer violated the protocol; or the first write was declared safe to replay, and the
    /// server chose another application protocol than the one it is in: nothing was sent then, and the stream can be
    /// used on.
    /// </exception>
    /// <exception cref="Exception">
    /// What <see cref="SecureClient.ConnectAsync(System.Net.EndPoint, string, CancellationToken)"/> fails with. Every
    /// later use of the stream fails the same way.
    /// </exception>
    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_connection is { } connection)
            return connection.WriteAsync(buffer, cancellationToken);
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        return buffer.IsEmpty ? default : DialAndWriteAsync();

        async ValueTask DialAndWriteAsync()
        {
            if (!TryBeginDialing(out bool isReplaySafe))
            {
                SecureStream made = await ConnectedAsync(cancellationToken).ConfigureAwait(false);
                await made.WriteAsync(buffer, cancellationToken).ConfigureAwait(false);
                return;
            }

            SecureStream own = await DialAsync(buffer, isReplaySafe, cancellationToken).ConfigureAwait(false);
            if (isReplaySafe && !own.Report.EarlyDataSent)
            {
                throw new IOException(
                    $"The server chose {own.NegotiatedApplicationProtocol}, "
                        + "and the first write is in another protocol: it was not sent.");
            }
        }
    }

    /// <summary>Connects if nothing has so far, and sends what the handshake may have left to be sent.</summary>
    /// <param name="cancellationToken">Ends the wait; when the call is the one that connects, connecting too.</param>
    public override Task FlushAsync(CancellationToken cancellationToken)
    {
        return _connection is { } connection ? connection.FlushAsync(cancellationToken) : DialAndFlushAsync();

        async Task DialAndFlushAsync()
        {
            SecureStream made = await DialOrWaitAsync(cancellationToken).ConfigureAwait(false);
            await made.FlushAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public override void Flush() => FlushAsync(CancellationToken.None).GetAwaiter().GetResult();

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count)
    {
        ValidateBufferArguments(buffer, offset, count);
        SecureStream connection = _connection ?? DialOrWaitAsync(CancellationToken.None).AsTask().GetAwaiter().GetResult();
        return connection.Read(buffer, offset, count);
    }

    /// <inheritdoc/>
    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
    {
        ValidateBufferArguments(buffer, offset, count);
        return ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();
    }

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count)
    {
        ValidateBufferArguments(buffer, offset, count);
        if (_connection is { } connection)
            connection.Write(buffer, offset, count);
        else
            WriteAsync(buffer.AsMemory(offset, count)).AsTask().GetAwaiter().GetResult();
    }

    /// <inheritdoc/>
    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
    {
        ValidateBufferArguments(buffer, offset, count);
        return WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();
    }

    /// <inheritdoc/>
    public override IAsyncResult BeginRead(byte[] buffer, int offset, int count, AsyncCallback? callback, object? state) =>
        TaskToAsyncResult.Begin(ReadAsync(buffer, offset, count, CancellationToken.None), callback, state);

    /// <inheritdoc/>
    public override int EndRead(IAsyncResult asyncResult) => TaskToAsyncResult.End<int>(asyncResult);

    /// <inheritdoc/>
    public override IAsyncResult BeginWrite(byte[] buffer, int offset, int count, AsyncCallback? callback, object? state) =>
        TaskToAsyncResult.Begin(WriteAsync(buffer, offset, count, CancellationToken.None), callback, state);

    /// <inheritdoc/>
    public override void EndWrite(IAsyncResult asyncResult) => TaskToAsyncResult.End(asyncResult);

    /// <summary>Not supported.</summary>
    /// <param name="offset">Unused.</param>
    /// <param name="origin">Unused.</param>
    /// <exception cref="NotSupportedException">Always.</exception>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <summary>Not supported.</summary>
    /// <param name="value">Unused.</param>
    /// <exception cref="NotSupportedException">Always.</exception>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <summary>Ends the connection, or connecting, as <see cref="SecureStream.DisposeAsync"/> does.</summary>
    public override async ValueTask DisposeAsync()
    {
        EndConnecting();
        if (_connection is { } connection)
            await connection.DisposeAsync().ConfigureAwait(false);
        await base.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>
    /// Ends the connection, or connecting: what is under way fails with an <see cref="ObjectDisposedException"/>.
    /// </summary>
    /// <param name="disposing">Whether the call comes from Dispose.</param>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            EndConnecting();
            _connection?.Dispose();
        }

        base.Dispose(disposing);
    }

    private void EndConnecting()
    {
        lock (_lock)
        {
            if (_isDisposed)
                return;
            _isDisposed = true;
            if (!_isDialing)
                Fail(Disposed());
        }

        _disposal.Cancel();
    }

    private ValueTask<SecureStream> DialOrWaitAsync(CancellationToken cancellationToken) => TryBeginDialing(out _)
        ? DialAsync(default, isReplaySafe: false, cancellationToken)
        : new ValueTask<SecureStream>(ConnectedAsync(cancellationToken));

    private bool TryBeginDialing(out bool isReplaySafe)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            isReplaySafe = _firstWriteIsReplaySafe;
            return !_isDialing && (_isDialing = true);
        }
    }

    private async ValueTask<SecureStream> DialAsync(
        ReadOnlyMemory<byte> request, bool isReplaySafe, CancellationToken cancellationToken)
    {
        try
        {
            using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _disposal.Token);
            SecureStream connection = await _connect(request, isReplaySafe, linked.Token).ConfigureAwait(false);
            if (TryAdopt(connection))
                return connection;
            await connection.DisposeAsync().ConfigureAwait(false);
            throw Disposed();
        }
        catch (OperationCanceledException exception) when (cancellationToken.IsCancellationRequested && !IsDisposed)
        {
            Fail(new IOException("Connecting was canceled by the call that began it.", exception));
            throw new OperationCanceledException(exception.Message, exception, cancellationToken);
        }
        catch (Exception exception) when (IsDisposed)
        {
            Fail(Disposed());
            throw exception is ObjectDisposedException ? exception : Disposed(exception);
        }
        catch (Exception exception)
        {
            Fail(exception);
            throw;
        }
    }

    private bool TryAdopt(SecureStream connection)
    {
        lock (_lock)
        {
            if (_isDisposed)
                return false;
            (connection.ReadTimeout, connection.WriteTimeout) = (_readTimeout, _writeTimeout);
            _connection = connection;
        }

        _connected.TrySetResult(connection);
        return true;
    }

    private void Fail(Exception exception)
    {
        _connected.TrySetException(exception);
        _ = _connected.Task.Exception; // whoever uses the stream is told; nobody has to
    }

    private void SetTimeout(ref int timeout, int value)
    {
        if (value != Timeout.Infinite)
            ArgumentOutOfRangeException.ThrowIfNegativeOrZero(value);
        lock (_lock)
        {
            timeout = value;
            if (_connection is { } connection)
                (connection.ReadTimeout, connection.WriteTimeout) = (_readTimeout, _writeTimeout);
        }
    }

    private static ObjectDisposedException Disposed(Exception? inner = null) => new("The stream was disposed of.", inner);
}
