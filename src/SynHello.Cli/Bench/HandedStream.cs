using System.Buffers;
using System.Threading.Tasks.Sources;

namespace SynHello.Cli;

/// <summary>
/// One end of a connection in memory whose owner carries the bytes. Whoever waits for bytes goes on within the call that hands them in,
/// on the same thread.
/// </summary>
internal sealed class HandedStream : Stream, IValueTaskSource<int>
{
    private readonly ArrayBufferWriter<byte> _sent = new(4096);
    private readonly ArrayBufferWriter<byte> _received = new(4096);
    private int _read;
    private Memory<byte> _destination;
    private bool _isAwaited;
    private ManualResetValueTaskSourceCore<int> _waiting;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Hands over what was written to this end so far.</summary>
    /// <returns>Whether there was anything.</returns>
    public bool CarryTo(HandedStream other)
    {
        if (_sent.WrittenCount == 0)
            return false;
        other._received.Write(_sent.WrittenSpan);
        _sent.ResetWrittenCount();
        other.Wake();
        return true;
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_read < _received.WrittenCount)
            return ValueTask.FromResult(Take(buffer));
        _destination = buffer;
        _waiting.Reset();
        _isAwaited = true;
        return new ValueTask<int>(this, _waiting.Version);
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        _sent.Write(buffer.Span);
        return ValueTask.CompletedTask;
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => _sent.Write(buffer.AsSpan(offset, count));

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    int IValueTaskSource<int>.GetResult(short token) => _waiting.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<int>.GetStatus(short token) => _waiting.GetStatus(token);

    void IValueTaskSource<int>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _waiting.OnCompleted(continuation, state, token, flags);

    private void Wake()
    {
        if (!_isAwaited)
            return;
        _isAwaited = false;
        _waiting.SetResult(Take(_destination));
    }

    private int Take(Memory<byte> buffer)
    {
        int count = Math.Min(buffer.Length, _received.WrittenCount - _read);
        _received.WrittenSpan.Slice(_read, count).CopyTo(buffer.Span);
        _read += count;
        if (_read == _received.WrittenCount)
        {
            _received.ResetWrittenCount();
            _read = 0;
        }

        return count;
    }
}
