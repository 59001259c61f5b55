using System.Buffers;
using System.IO.Pipelines;
using System.Security.Cryptography;

namespace SynHello.AspNetCore;

/// <summary>
/// What Kestrel writes to: gathers until it is flushed, so that a head and its body leave in one write, and hands it to the
/// <see cref="SecureStream"/> on the caller's thread. Holds no buffer between flushes. One writes at a time; canceling is safe from any thread.
/// </summary>
internal sealed class SecurePipeWriter(SecureStream stream, IWriterOwner owner) : PipeWriter
{
    /// <summary>Enough for most heads, and then for a record, and then for what is sealed at a time.</summary>
    private const int FirstBuffer = 4096;
    private const int SecondBuffer = 1 << 14;
    private const int LaterBuffer = 1 << 16;

    /// <summary>What is full, in order; behind it comes what is being filled. Null while one buffer is enough.</summary>
    private Queue<(byte[] Array, int Length)>? _full;
    private byte[] _current = [];
    private int _length;
    private long _unflushed;

    /// <summary>A flush that somebody has given up waiting for.</summary>
    private Task? _underWay;
    private volatile TaskCompletionSource? _flushing;
    private int _isCanceled;
    private volatile bool _isClosed;
    private bool _isCompleted;

    public override bool CanGetUnflushedBytes => true;

    public override long UnflushedBytes => _unflushed;

    public override Memory<byte> GetMemory(int sizeHint = 0)
    {
        Reserve(Math.Max(sizeHint, 1));
        return _current.AsMemory(_length);
    }

    public override Span<byte> GetSpan(int sizeHint = 0)
    {
        Reserve(Math.Max(sizeHint, 1));
        return _current.AsSpan(_length);
    }

    public override void Advance(int bytes)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)bytes, (uint)(_current.Length - _length), nameof(bytes));
        _length += bytes;
        _unflushed += bytes;
    }

    public override void CancelPendingFlush()
    {
        Volatile.Write(ref _isCanceled, 1);
        _flushing?.TrySetResult();
    }

    /// <summary>Sends nothing more than was flushed or is left to <see cref="EndAsync"/>.</summary>
    public override void Complete(Exception? exception = null)
    {
        if (_isCompleted)
            return;
        _isCompleted = true;
        if (exception is not null)
            owner.GiveUp(exception);
    }

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        if (_underWay is null)
        {
            ValueTask sending = SendAsync(cancellationToken);
            if (sending.IsCompletedSuccessfully)
                return new ValueTask<FlushResult>(TakeResult());
            _underWay = sending.AsTask();
        }

        return WaitAsync(cancellationToken);
    }

    /// <summary>Sends what is left, unless the rest was given up.</summary>
    public async ValueTask EndAsync(CancellationToken cancellationToken)
    {
        if (_underWay is { } underWay)
            await underWay.WaitAsync(cancellationToken).ConfigureAwait(false);
        await SendAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Drops what was never flushed, and gives its buffers back.</summary>
    public void Release()
    {
        while (_full is not null && _full.TryDequeue(out (byte[] Array, int Length) part))
            Return(part.Array, part.Length);
        Return(_current, _length);
        (_current, _length, _unflushed) = ([], 0, 0);
    }

    private FlushResult TakeResult() => new(Interlocked.Exchange(ref _isCanceled, 0) != 0, _isClosed);

    private async ValueTask<FlushResult> WaitAsync(CancellationToken cancellationToken)
    {
        var flushing = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _flushing = flushing;
        try
        {
            do
            {
                if (Volatile.Read(ref _isCanceled) != 0)
                    break;
                Task underWay = _underWay!;
                if (await Task.WhenAny(underWay, flushing.Task).ConfigureAwait(false) != underWay)
                    break;
                _underWay = null;
                await underWay.ConfigureAwait(false);
                if (_unflushed > 0)
                    _underWay = SendAsync(cancellationToken).AsTask(); // written while an earlier flush was given up
            }
            while (_underWay is not null);
        }
        finally
        {
            _flushing = null;
        }

        return TakeResult();
    }

    /// <summary>Sends what was written. A failure ends the writing; the reader is who is told of it.</summary>
    private async ValueTask SendAsync(CancellationToken cancellationToken)
    {
        if (_isClosed)
            Release();
        if (_unflushed == 0)
            return;

        // It is this method's from here on: more may be written while it is sent.
        Queue<(byte[] Array, int Length)>? full = _full is { Count: > 0 } ? _full : null;
        if (full is not null)
            _full = null;
        (byte[] last, int length) = (_current, _length);
        (_current, _length, _unflushed) = ([], 0, 0);
        try
        {
            while (full is not null && full.TryPeek(out (byte[] Array, int Length) part))
            {
                await stream.WriteAsync(part.Array.AsMemory(0, part.Length), cancellationToken).ConfigureAwait(false);
                full.Dequeue();
                Return(part.Array, part.Length);
            }

            await stream.WriteAsync(last.AsMemory(0, length), cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException)
        {
            _isClosed = true;
            owner.OnWriteFailed(exception);
        }
        finally
        {
            while (full is not null && full.TryDequeue(out (byte[] Array, int Length) part))
                Return(part.Array, part.Length);
            Return(last, length);
        }
    }

    private void Reserve(int count)
    {
        if (_current.Length - _length >= count)
            return;
        if (_current.Length == 0)
        {
            _current = ArrayPool<byte>.Shared.Rent(Math.Max(FirstBuffer, count));
        }
        else if (_length + count <= SecondBuffer)
        {
            byte[] larger = ArrayPool<byte>.Shared.Rent(SecondBuffer);
            _current.AsSpan(0, _length).CopyTo(larger);
            Return(_current, _length);
            _current = larger;
        }
        else
        {
            if (_length > 0)
                (_full ??= new()).Enqueue((_current, _length));
            else
                ArrayPool<byte>.Shared.Return(_current);
            (_current, _length) = (ArrayPool<byte>.Shared.Rent(Math.Max(LaterBuffer, count)), 0);
        }
    }

    /// <summary>It held what the application sent in confidence.</summary>
    private static void Return(byte[] array, int length)
    {
        if (array.Length == 0)
            return;
        CryptographicOperations.ZeroMemory(array.AsSpan(0, length));
        ArrayPool<byte>.Shared.Return(array);
    }
}
