namespace SynHello.Cli;

/// <summary>A connection that remembers when the first byte came. Everything else is the inner stream's.</summary>
internal sealed class FirstByteStream : Stream
{
    private readonly Func<SecureStream?> _connection;
    private readonly TimeProvider _timeProvider;
    private long _firstByte;

    /// <summary>Makes it over a connection that is there.</summary>
    public FirstByteStream(SecureStream inner, TimeProvider timeProvider)
    {
        Inner = inner;
        _connection = () => inner;
        _timeProvider = timeProvider;
    }

    /// <summary>Makes it over one that the first write makes.</summary>
    public FirstByteStream(DeferredSecureStream inner, TimeProvider timeProvider)
    {
        Inner = inner;
        _connection = () => inner.Connection;
        _timeProvider = timeProvider;
    }

    /// <summary>The connection.</summary>
    /// <exception cref="InvalidOperationException">It is not there yet.</exception>
    public SecureStream Connection => _connection() ?? throw new InvalidOperationException("There is no connection yet.");

    private Stream Inner { get; }

    /// <summary>When the first byte was read, in ticks of the clock; 0 while none was.</summary>
    public long FirstByteTimestamp => Volatile.Read(ref _firstByte);

    /// <summary>Forgets the first byte: another one is waited for.</summary>
    public void StartOver() => Volatile.Write(ref _firstByte, 0);

    public override bool CanRead => Inner.CanRead;

    public override bool CanWrite => Inner.CanWrite;

    public override bool CanSeek => false;

    public override long Length => Inner.Length;

    public override long Position
    {
        get => Inner.Position;
        set => Inner.Position = value;
    }

    public override async ValueTask<int> ReadAsync(
        Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        Note(await Inner.ReadAsync(buffer, cancellationToken));

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => Note(Inner.Read(buffer, offset, count));

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        Inner.WriteAsync(buffer, cancellationToken);

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        Inner.WriteAsync(buffer, offset, count, cancellationToken);

    public override void Write(byte[] buffer, int offset, int count) => Inner.Write(buffer, offset, count);

    public override Task FlushAsync(CancellationToken cancellationToken) => Inner.FlushAsync(cancellationToken);

    public override void Flush() => Inner.Flush();

    public override long Seek(long offset, SeekOrigin origin) => Inner.Seek(offset, origin);

    public override void SetLength(long value) => Inner.SetLength(value);

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            Inner.Dispose();
        base.Dispose(disposing);
    }

    private int Note(int count)
    {
        if (count > 0 && _firstByte == 0)
            Volatile.Write(ref _firstByte, _timeProvider.GetTimestamp());
        return count;
    }
}
