using System.Security.Authentication;

using SynHello.Capture;

namespace SynHello.Cli;

/// <summary>
/// A client's stream that looks at the ServerHello as it passes: SslStream does not say whether it has resumed a
/// session. Everything behind the ServerHello goes straight through.
/// </summary>
internal sealed class ServerHelloWatch(Stream inner) : Stream
{
    private byte[]? _seen = new byte[1024];
    private int _count;

    /// <summary>Whether the server has taken a session's key; false until its ServerHello has passed.</summary>
    public bool SessionResumed { get; private set; }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        _seen is null || buffer.IsEmpty
            ? inner.ReadAsync(buffer, cancellationToken)
            : ReadHelloAsync(buffer, cancellationToken);

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        inner.WriteAsync(buffer, cancellationToken);

    public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => inner.Write(buffer, offset, count);

    public override void Flush() => inner.Flush();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            inner.Dispose();
        base.Dispose(disposing);
    }

    private async ValueTask<int> ReadHelloAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        int count = await inner.ReadAsync(buffer, cancellationToken);
        if (_seen is { } seen)
        {
            int taken = Math.Min(count, seen.Length - _count);
            buffer.Span[..taken].CopyTo(seen.AsSpan(_count));
            _count += taken;
            Span<byte> stream = seen.AsSpan(0, _count);
            bool isResumed = false;
            if (ServerHelloSummary.TryRead(stream, out ServerHelloSummary hello)
                && (hello.Version != SslProtocols.Tls12 || ServerHelloSummary.TryReadTls12Resumption(stream, out isResumed)))
            {
                SessionResumed = isResumed || hello.SessionResumed;
                _seen = null;
            }
            else if (_count == seen.Length)
            {
                _seen = null; // no ServerHello: nothing was resumed
            }
        }

        return count;
    }
}
