namespace SynHello.AspNetCore;

/// <content>What came early, and what goes on while nobody reads.</content>
internal sealed partial class SecurePipeReader
{
    private readonly bool _takesEarlyData;
    private readonly EarlyHttp2Streams? _earlyStreams;
    private TaskCompletionSource? _stopped;

    /// <summary>How many bytes were handed out as early data, and how many of all the reader is done with.</summary>
    private long _early;
    private long _consumed;

    /// <summary>How often was read; what it was when <see cref="ReadAhead"/> looked; whether that has it on its list.</summary>
    private int _reads;
    private int _readsSeen = -1;
    private int _isListed;

    /// <summary>The list's link; its owner's business.</summary>
    public SecurePipeReader? NextToLookAt { get; set; }

    /// <summary>
    /// Whether the request that runs came early: whether its head was handed to Kestrel before the handshake was complete. What came in
    /// part before that is not early: nobody who replays it can send the rest. Does not change while the request runs, unless it reads a body
    /// that goes on behind the handshake.
    /// </summary>
    /// <param name="stream">The request's stream of HTTP/2; null in HTTP/1.1, where requests come one after the other.</param>
    public bool IsRequestEarly(int? stream)
    {
        if (!_takesEarlyData)
            return false;
        if (stream is { } number)
            return number <= (_earlyStreams?.LastStream ?? 0);
        long early = Volatile.Read(ref _early);
        return early > 0 && Volatile.Read(ref _consumed) <= early;
    }

    /// <summary>Sees to it that the handshake goes on while nobody reads.</summary>
    public void CompleteHandshake()
    {
        if (!_stream.IsHandshakeComplete)
            Begin(ahead: true);
    }

    /// <summary>
    /// Begins to wait for something to read if nobody has read since the last look: then a request takes its time, and its client may go
    /// away meanwhile. Where something has come that nobody takes, or the end, and reading tells no more, the kernel is asked.
    /// </summary>
    /// <returns>Whether to look again, for which it is on the list already.</returns>
    public bool IsToBeLookedAtAgain()
    {
        Volatile.Write(ref _isListed, 0);
        Wait wait;
        lock (_lock)
        {
            wait = _wait;
            if (wait is not (Wait.None or Wait.Arrived) || _isStopped || _isBroken)
                return false;
        }

        int reads = Volatile.Read(ref _reads);
        if (reads != _readsSeen)
        {
            _readsSeen = reads;
            return IsListedAnew();
        }

        if (wait == Wait.None && !Volatile.Read(ref _isEnded))
        {
            Begin(ahead: true);
            return false;
        }

        if (!_stream.HasPeerLeft)
            return IsListedAnew();
        _owner.OnBroken();
        return false;
    }

    private bool IsEarly => _takesEarlyData && !_stream.IsHandshakeComplete;

    private void LookAfter()
    {
        if (IsListedAnew())
            _readAhead.Add(this);
    }

    private bool IsListedAnew() => Interlocked.Exchange(ref _isListed, 1) == 0;

    private void NoteEarly(ReadOnlySpan<byte> bytes)
    {
        _earlyStreams?.Follow(bytes);
        Volatile.Write(ref _early, _early + bytes.Length);
    }

    private async ValueTask<int> CompleteHandshakeAsync(CancellationToken cancellationToken)
    {
        await _stream.CompleteHandshakeAsync(cancellationToken).ConfigureAwait(false);
        return 0;
    }
}
