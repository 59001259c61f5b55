using System.Runtime.CompilerServices;

using SynHello.Wire;

namespace SynHello.Http;

/// <summary>
/// A connection as <see cref="SocketsHttpHandler"/> uses it. Where it ends before the first byte of an answer there is nothing that could
/// be cut short, and the end is one: a pool makes a request without a body again then (RFC 9112 section 9.3.1), which a server that
/// closes an idle connection without close_notify makes necessary. In the middle of an answer it stays an error, because an answer may
/// end where its connection does.
/// </summary>
/// <param name="inner">The connection.</param>
internal sealed class ExchangeStream(Stream inner) : Stream
{
    /// <summary>Whether a byte was read since the last request.</summary>
    private volatile bool _isAnswered;

    public override bool CanRead => inner.CanRead;

    public override bool CanWrite => inner.CanWrite;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            return Note(await inner.ReadAsync(buffer, cancellationToken).ConfigureAwait(false));
        }
        catch (IOException exception) when (IsEndBeforeAnswer(exception))
        {
            return 0;
        }
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
    {
        ValidateBufferArguments(buffer, offset, count);
        return ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();
    }

    public override int Read(byte[] buffer, int offset, int count)
    {
        try
        {
            return Note(inner.Read(buffer, offset, count));
        }
        catch (IOException exception) when (IsEndBeforeAnswer(exception))
        {
            return 0;
        }
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        NoteWrite(buffer.Span);
        return inner.WriteAsync(buffer, cancellationToken);
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
    {
        ValidateBufferArguments(buffer, offset, count);
        return WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();
    }

    public override void Write(byte[] buffer, int offset, int count)
    {
        ValidateBufferArguments(buffer, offset, count);
        NoteWrite(buffer.AsSpan(offset, count));
        inner.Write(buffer, offset, count);
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

    public override void Flush() => inner.Flush();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override async ValueTask DisposeAsync()
    {
        await inner.DisposeAsync().ConfigureAwait(false);
        await base.DisposeAsync().ConfigureAwait(false);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            inner.Dispose();
        base.Dispose(disposing);
    }

    private int Note(int count)
    {
        if (count > 0)
            _isAnswered = true;
        return count;
    }

    /// <summary>A part of a body begins no request: its answer may have begun already.</summary>
    private void NoteWrite(ReadOnlySpan<byte> written)
    {
        if (_isAnswered && Http11RequestHead.IsWholeHead(written))
            _isAnswered = false;
    }

    private bool IsEndBeforeAnswer(IOException exception) =>
        !_isAnswered && exception.InnerException is TlsProtocolException { Cause: TlsErrorCause.TruncatedByPeer };
}
