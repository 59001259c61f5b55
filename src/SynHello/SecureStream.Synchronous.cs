namespace SynHello;

/// <content>The forms of reading and writing that block, and the older asynchronous ones.</content>
public sealed partial class SecureStream
{
    private int _readTimeout = Timeout.Infinite;
    private int _writeTimeout = Timeout.Infinite;

    /// <inheritdoc/>
    public override bool CanTimeout => true;

    /// <summary>
    /// How long a synchronous read waits, in milliseconds; infinite by default. A read that takes longer ends with an
    /// <see cref="IOException"/> around a <see cref="TimeoutException"/>; the stream stays usable.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is neither positive nor <see cref="Timeout.Infinite"/>.</exception>
    public override int ReadTimeout
    {
        get => _readTimeout;
        set => _readTimeout = CheckTimeout(value);
    }

    /// <summary>
    /// How long a synchronous write waits, in milliseconds; infinite by default. A write that takes longer ends with an
    /// <see cref="IOException"/> around a <see cref="TimeoutException"/>; nothing more can be sent on the stream then.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is neither positive nor <see cref="Timeout.Infinite"/>.</exception>
    public override int WriteTimeout
    {
        get => _writeTimeout;
        set => _writeTimeout = CheckTimeout(value);
    }

    /// <inheritdoc/>
    public override void Flush() => FlushAsync(CancellationToken.None).GetAwaiter().GetResult();

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count)
    {
        ValidateBufferArguments(buffer, offset, count);
        if (ReadTimeout == Timeout.Infinite)
            return ReadAsync(buffer.AsMemory(offset, count)).AsTask().GetAwaiter().GetResult();
        using var timeout = new CancellationTokenSource(TimeSpan.FromMilliseconds(ReadTimeout), _timeProvider);
        try
        {
            return ReadAsync(buffer.AsMemory(offset, count), timeout.Token).AsTask().GetAwaiter().GetResult();
        }
        catch (OperationCanceledException exception)
        {
            throw TimedOut("read", ReadTimeout, exception);
        }
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
        if (WriteTimeout == Timeout.Infinite)
        {
            WriteAsync(buffer.AsMemory(offset, count)).AsTask().GetAwaiter().GetResult();
            return;
        }

        using var timeout = new CancellationTokenSource(TimeSpan.FromMilliseconds(WriteTimeout), _timeProvider);
        try
        {
            WriteAsync(buffer.AsMemory(offset, count), timeout.Token).AsTask().GetAwaiter().GetResult();
        }
        catch (OperationCanceledException exception)
        {
            throw TimedOut("write", WriteTimeout, exception);
        }
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

    private static int CheckTimeout(int value)
    {
        if (value != Timeout.Infinite)
            ArgumentOutOfRangeException.ThrowIfNegativeOrZero(value);
        return value;
    }

    private static IOException TimedOut(string what, int milliseconds, OperationCanceledException exception)
    {
        string message = $"The {what} took longer than {milliseconds} ms.";
        return new IOException(message, new TimeoutException(message, exception));
    }
}
