using System.IO.Pipelines;

namespace SynHello.AspNetCore;

/// <content>Waiting for something to read, and what comes of it.</content>
internal sealed partial class SecurePipeReader
{
    /// <summary>Begins a wait, or takes what has arrived. To be called by the reader.</summary>
    private void Step()
    {
        bool isThere;
        lock (_lock)
            isThere = _wait == Wait.Arrived;
        if (isThere)
            Take();
        else
            Begin(ahead: false);
    }

    /// <summary>Begins to wait for something to read, unless that is under way or over.</summary>
    /// <param name="ahead">Whether it is somebody else than the reader who calls. May be called from any thread then.</param>
    private void Begin(bool ahead)
    {
        Wait kind;
        lock (_lock)
        {
            if (_wait == Wait.Taking && ahead)
            {
                _isWished = true;
                return;
            }

            if (_wait != Wait.None || _isStopped || _isBroken)
            {
                if (_isStopped && !ahead)
                    throw new InvalidOperationException("Reading is over.");
                return;
            }

            kind = IsEarly ? Wait.EarlyData : Wait.Data;
            _wait = _awaited = kind;
            _isWanted = !ahead;
        }

        Await(kind, _unwanted);
    }

    private void Await(Wait kind, CancellationToken unwanted)
    {
        ValueTask<int> arrival;
        try
        {
            arrival = kind switch
            {
                Wait.EarlyData => _stream.ReadEarlyDataAsync(Memory<byte>.Empty, unwanted),
                Wait.Handshake => CompleteHandshakeAsync(unwanted),
                _ => _stream.ReadAsync(Memory<byte>.Empty, unwanted),
            };
        }
        catch (Exception exception)
        {
            arrival = ValueTask.FromException<int>(exception);
        }

        _awaiter = arrival.ConfigureAwait(false).GetAwaiter();
        if (_awaiter.IsCompleted)
            OnArrived(synchronously: true);
        else
            _awaiter.UnsafeOnCompleted(_arrived);
    }

    /// <param name="synchronously">
    /// Whether the one who began the wait is still here. If a reader waits all the same, it has come meanwhile, and does not go on here:
    /// this is a timer's thread, or a handler's that asks whether the handshake is complete.
    /// </param>
    private void OnArrived(bool synchronously)
    {
        Exception? exception = null;
        try
        {
            _awaiter.GetResult();
        }
        catch (Exception failure)
        {
            exception = failure;
        }

        _awaiter = default;
        bool isInterrupted = EndInterruption() && exception is OperationCanceledException;
        if (isInterrupted)
            exception = null;
        Exception? explained = exception is null ? null : _owner.Explain(exception);
        Wait next = Wait.Arrived;
        bool resumes, isUnnoticed;
        CancellationToken unwanted;
        lock (_lock)
        {
            if (exception is not null)
            {
                (_isEnded, _isBroken, _failure) = (explained is null, explained is not null, explained);
                next = Wait.None;
            }
            else if (!_isAwaited && !_isWanted && !_isStopped && _awaited != Wait.Data)
            {
                // Nobody reads now, and the handshake is to go on: what is early is kept meanwhile.
                next = _stream.IsHandshakeComplete ? Wait.Data : Wait.Handshake;
                _awaited = next;
                if (next == Wait.Handshake && _earlyStreams is not null)
                    _interruption = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
            }
            else if (isInterrupted)
            {
                _awaited = Wait.EarlyData; // which is there
            }

            unwanted = _interruption?.Token ?? _unwanted;
            _wait = next;
            resumes = _isAwaited;
            _isAwaited = false;
            isUnnoticed = !resumes && !_isWanted && !_isStopped && next == Wait.Arrived;
        }

        if (next is Wait.Data or Wait.Handshake)
        {
            Await(next, unwanted);
            return;
        }

        if (explained is not null)
            _owner.OnBroken();
        _stopped?.TrySetResult();
        if (isUnnoticed)
            LookAfter(); // more than this may come, and the client go away, while nobody reads
        if (resumes)
            Resume(asynchronously: synchronously);
    }

    /// <summary>Goes on where the reader waits.</summary>
    private void Resume(bool asynchronously)
    {
        if (asynchronously)
            _waiter.RunContinuationsAsynchronously = true;
        ReadResult result;
        CancellationTokenSource? interruption;
        try
        {
            while (true)
            {
                lock (_lock)
                {
                    if (TryGetResult(out result))
                    {
                        interruption = null;
                        break;
                    }

                    if (_wait is Wait.EarlyData or Wait.Handshake or Wait.Data)
                    {
                        _canceled.ThrowIfCancellationRequested(); // it may have been while this one was under way
                        _isAwaited = true;
                        interruption = TakeInterruption();
                        if (interruption is null)
                            return;
                        break;
                    }
                }

                Step();
            }
        }
        catch (Exception exception)
        {
            _waiter.SetException(exception);
            return;
        }

        if (interruption is null)
            _waiter.SetResult(result);
        else
            Interrupt(interruption);
    }

    /// <summary>
    /// In HTTP/2 other requests may have come early beside the one that waits for the handshake, and are not to wait for it too: a reader
    /// interrupts that wait, and gets them. To be called with <see cref="_lock"/> held.
    /// </summary>
    /// <returns>What to pass to <see cref="Interrupt"/>; null where there is nothing to interrupt.</returns>
    private CancellationTokenSource? TakeInterruption()
    {
        CancellationTokenSource? interruption = _interruption;
        if (interruption is not null)
            (_interruption, _isInterrupted) = (null, true);
        return interruption;
    }

    private static void Interrupt(CancellationTokenSource interruption)
    {
        interruption.Cancel();
        interruption.Dispose();
    }

    /// <summary>To be called when a wait is over.</summary>
    /// <returns>Whether it was interrupted for what was kept meanwhile.</returns>
    private bool EndInterruption()
    {
        CancellationTokenSource? left;
        bool isInterrupted;
        lock (_lock)
        {
            (left, _interruption) = (_interruption, null);
            isInterrupted = _isInterrupted && !_isStopped;
            _isInterrupted = false;
        }

        left?.Dispose();
        return isInterrupted;
    }

    private void CancelWaiter(CancellationToken token)
    {
        lock (_lock)
        {
            if (!_isAwaited)
                return;
            _isAwaited = false;
        }

        _waiter.RunContinuationsAsynchronously = true;
        _waiter.SetException(new OperationCanceledException(token));
    }
}
