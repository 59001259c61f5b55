using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using System.Threading.Tasks.Sources;

namespace SynHello.AspNetCore;

/// <summary>
/// What Kestrel reads of a connection, straight from the <see cref="SecureStream"/>: no pump, no second pipe, and no hop to another
/// thread. Nothing is read before Kestrel asks for it, and a connection at rest holds no buffer: a wait for something to read is an empty
/// read. Such a wait goes on when Kestrel gives up waiting itself, and may begin before it asks (<see cref="ReadAhead"/>).
/// One reads at a time; canceling is safe from any thread.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "StopAsync disposes of what it owns.")]
internal sealed partial class SecurePipeReader : PipeReader, IValueTaskSource<ReadResult>
{
    private const int SmallBuffer = 4096;
    private const int LargeBuffer = 1 << 16;

    /// <summary>Less room than this at the end of a buffer is not worth a read of its own.</summary>
    private const int LeastRoom = 1024;

    private readonly SecureStream _stream;
    private readonly ISecurePipeOwner _owner;
    private readonly ReadAhead _readAhead;
    private readonly ArrayPool<byte> _pool;
    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationToken _unwanted;
    private readonly Action _arrived;

    /// <summary>Guards what follows, up to the buffer; never held while something is waited for or somebody is called.</summary>
    private readonly Lock _lock = new();
    private ManualResetValueTaskSourceCore<ReadResult> _waiter;
    private CancellationTokenRegistration _registration;
    private CancellationToken _canceled;
    private Wait _wait;

    /// <summary>Whether a reader waits for it; and whether one has begun it, who may not wait yet.</summary>
    private bool _isAwaited;
    private bool _isWanted;

    /// <summary>Whether a wait is to begin as soon as the reader has taken what has come.</summary>
    private bool _isWished;

    /// <summary>What ends a wait for the handshake whose early data a reader wants; and whether one has ended it.</summary>
    private CancellationTokenSource? _interruption;
    private bool _isInterrupted;
    private bool _isCanceled;
    private bool _isStopped;
    private Exception? _failure;
    private bool _isBroken;

    /// <summary>What the wait is for that is under way, or was the last.</summary>
    private Wait _awaited;

    /// <summary>The wait that is under way. Only the one that began it and <see cref="_arrived"/> use it.</summary>
    private ConfiguredValueTaskAwaitable<int>.ConfiguredValueTaskAwaiter _awaiter;

    // The reader's, who is one at a time.
    private byte[] _buffer = [];
    private int _start;
    private int _examined;
    private int _end;
    private int _roomWanted = SmallBuffer;
    private bool _isEnded;
    private bool _isCompleted;

    /// <param name="stream">What is read.</param>
    /// <param name="owner">Who is told how it ended.</param>
    /// <param name="readAhead">Who has it read from when nobody does.</param>
    /// <param name="takesEarlyData">Whether early data comes before the handshake is complete, or after it.</param>
    /// <param name="pool">Where its buffers come from; the shared one by default.</param>
    public SecurePipeReader(
        SecureStream stream, ISecurePipeOwner owner, ReadAhead readAhead, bool takesEarlyData, ArrayPool<byte>? pool = null)
    {
        _stream = stream;
        _owner = owner;
        _readAhead = readAhead;
        _pool = pool ?? ArrayPool<byte>.Shared;
        _unwanted = _stop.Token;
        _arrived = () => OnArrived(synchronously: false);
        _takesEarlyData = takesEarlyData && !stream.IsHandshakeComplete;
        if (_takesEarlyData && stream.NegotiatedApplicationProtocol == System.Net.Security.SslApplicationProtocol.Http2)
            _earlyStreams = new EarlyHttp2Streams();
    }

    /// <summary>What is being waited for, or was.</summary>
    private enum Wait
    {
        None,

        /// <summary>Early data, or the end of the handshake.</summary>
        EarlyData,

        /// <summary>The end of the handshake; early data is there already, and kept.</summary>
        Handshake,

        /// <summary>Application data.</summary>
        Data,

        /// <summary>It has come: reading it does not wait.</summary>
        Arrived,

        /// <summary>The reader takes it, without the lock: the stream, the buffer and what was waited for are its own meanwhile.</summary>
        Taking,
    }

    private bool HasNews => _examined < _end || _isEnded;

    public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        if (cancellationToken.IsCancellationRequested)
            return ValueTask.FromCanceled<ReadResult>(cancellationToken);
        Volatile.Write(ref _reads, _reads + 1);
        CancellationTokenSource? interruption;
        while (true)
        {
            lock (_lock)
            {
                if (TryGetResult(out ReadResult result))
                    return new ValueTask<ReadResult>(result);
                if (_wait is Wait.EarlyData or Wait.Handshake or Wait.Data)
                {
                    _waiter.Reset();
                    _waiter.RunContinuationsAsynchronously = false;
                    _isAwaited = true;
                    _canceled = cancellationToken;
                    if (cancellationToken.CanBeCanceled)
                    {
                        _registration = cancellationToken.UnsafeRegister(
                            static (state, token) => ((SecurePipeReader)state!).CancelWaiter(token), this);
                    }

                    interruption = TakeInterruption();
                    break;
                }
            }

            Step();
        }

        short version = _waiter.Version;
        if (interruption is not null)
            Interrupt(interruption);
        return new ValueTask<ReadResult>(this, version);
    }

    public override bool TryRead(out ReadResult result)
    {
        bool isThere;
        lock (_lock)
        {
            if (TryGetResult(out result))
                return true;
            isThere = _wait == Wait.Arrived;
        }

        if (!isThere)
            return false;
        Take();
        lock (_lock)
            return TryGetResult(out result);
    }

    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        if (examined.GetObject() is null)
            return;
        int start = consumed.GetObject() is null ? _start : consumed.GetInteger();
        int seen = examined.GetInteger();
        if (start < _start || seen < start || seen > _end)
            throw new ArgumentOutOfRangeException(nameof(consumed), "These positions are not of the last read.");
        Volatile.Write(ref _consumed, _consumed + start - _start);
        _start = start;
        _examined = Math.Max(seen, _start);
        if (_start == _end)
            ReleaseBuffer();
        LookAfter();
    }

    public override void CancelPendingRead()
    {
        lock (_lock)
        {
            if (!_isAwaited)
            {
                _isCanceled = true;
                return;
            }

            _isAwaited = false;
        }

        _waiter.RunContinuationsAsynchronously = true; // whoever cancels is not to do the reader's work
        _waiter.SetResult(new ReadResult(Sequence, isCanceled: true, isCompleted: _isEnded));
    }

    /// <summary>Gives the buffer back. What is under way goes on until <see cref="StopAsync"/>.</summary>
    public override void Complete(Exception? exception = null)
    {
        if (_isCompleted)
            return;
        _isCompleted = true;
        _start = _examined = _end;
        ReleaseBuffer();
    }

    /// <summary>Ends what is under way, and begins nothing any more; to be called when nobody reads any more.</summary>
    public async ValueTask StopAsync()
    {
        bool isUnderWay;
        lock (_lock)
        {
            _isStopped = true;
            isUnderWay = _wait is Wait.EarlyData or Wait.Handshake or Wait.Data;
            if (isUnderWay)
                _stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        if (isUnderWay)
        {
            await _stop.CancelAsync().ConfigureAwait(false);
            await _stopped!.Task.ConfigureAwait(false);
        }

        _stop.Dispose();
        Complete();
    }

    ReadResult IValueTaskSource<ReadResult>.GetResult(short token)
    {
        _registration.Dispose();
        _registration = default;
        _canceled = default;
        return _waiter.GetResult(token);
    }

    ValueTaskSourceStatus IValueTaskSource<ReadResult>.GetStatus(short token) => _waiter.GetStatus(token);

    void IValueTaskSource<ReadResult>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _waiter.OnCompleted(continuation, state, token, flags);

    private ReadOnlySequence<byte> Sequence => new(_buffer, _start, _end - _start);

    /// <summary>To be called with <see cref="_lock"/> held, by the reader.</summary>
    private bool TryGetResult(out ReadResult result)
    {
        if (_isCompleted)
            throw new InvalidOperationException("Reading is over: the reader was completed.");
        if (_isCanceled || HasNews)
        {
            result = new ReadResult(Sequence, _isCanceled, _isEnded);
            _isCanceled = false;
            return true;
        }

        if (_isBroken)
            throw _failure!;
        result = default;
        return false;
    }

    /// <summary>Reads what has arrived, which does not wait. To be called by the reader.</summary>
    private void Take()
    {
        Wait awaited;
        lock (_lock)
        {
            _wait = Wait.Taking; // nobody else begins to read before this one is done
            awaited = _awaited;
        }

        bool isWished;
        try
        {
            if (awaited != Wait.Handshake)
                Take(awaited);
        }
        finally
        {
            lock (_lock)
            {
                _wait = Wait.None;
                isWished = _isWished;
                _isWished = false;
            }
        }

        if (isWished)
            Begin(ahead: true);
    }

    [SuppressMessage("Reliability", "CA2012", Justification = "It is complete: the empty read before it has waited.")]
    private void Take(Wait awaited)
    {
        MakeRoom();
        Memory<byte> room = _buffer.AsMemory(_end);
        int count;
        try
        {
            count = awaited == Wait.EarlyData
                ? _stream.ReadEarlyDataAsync(room, CancellationToken.None).GetAwaiter().GetResult()
                : _stream.ReadAsync(room, CancellationToken.None).GetAwaiter().GetResult();
        }
        catch (Exception exception)
        {
            Fail(exception);
            return;
        }

        if (awaited == Wait.EarlyData)
            NoteEarly(room.Span[..count]);
        else if (count == 0)
            Volatile.Write(ref _isEnded, true);
        _end += count;
        _roomWanted = count == room.Length ? LargeBuffer : SmallBuffer;
        if (_start == _end)
            ReleaseBuffer();
    }

    private void Fail(Exception exception)
    {
        Exception? explained = _owner.Explain(exception);
        lock (_lock)
            (_isEnded, _isBroken, _failure) = (explained is null, explained is not null, explained);
        if (explained is not null)
            _owner.OnBroken();
    }

    private void MakeRoom()
    {
        if (_buffer.Length - _end >= LeastRoom)
            return;
        int length = _end - _start;
        byte[] larger = _pool.Rent(Math.Max(_roomWanted, (2 * length) + LeastRoom));
        _buffer.AsSpan(_start, length).CopyTo(larger);
        if (_buffer.Length > 0)
            _pool.Return(_buffer);
        _buffer = larger;
        _examined -= _start;
        (_start, _end) = (0, length);
    }

    private void ReleaseBuffer()
    {
        byte[] buffer = _buffer;
        _buffer = [];
        _start = _examined = _end = 0;
        if (buffer.Length > 0)
            _pool.Return(buffer);
    }
}
