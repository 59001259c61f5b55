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
    private void Begin(bool ahead)
    {
        Wait kind;
        lock (_lock)
        {
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

        Await(kind);
    }

    private void Await(Wait kind)
    {
        ValueTask<int> arrival;
        try
        {
            arrival = kind switch
            {
                Wait.EarlyData => _stream.ReadEarlyDataAsync(Memory<byte>.Empty, _stop.Token),
                Wait.Handshake => CompleteHandshakeAsync(),
                _ => _stream.ReadAsync(Memory<byte>.Empty, _stop.Token),
            };
        }
        catch (ObjectDisposedException exception)
        {
            arrival = ValueTask.FromException<int>(exception);
        }

        _awaiter = arrival.ConfigureAwait(false).GetAwaiter();
        if (_awaiter.IsCompleted)
            OnArrived();
        else
            _awaiter.UnsafeOnCompleted(_arrived);
    }

    private void OnArrived()
    {
        Exception? exception = null;
        try
        {
            _awaiter.GetResult();
        }
        catch (Exception failure) when (failure is OperationCanceledException or IOException or ObjectDisposedException)
        {
            exception = failure;
        }

        _awaiter = default;
        Exception? explained = exception is null ? null : _owner.Explain(exception);
        Wait next = Wait.Arrived;
        bool resumes;
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
            }

            _wait = next;
            resumes = _isAwaited;
            _isAwaited = false;
        }

        if (next is Wait.Data or Wait.Handshake)
        {
            Await(next);
            return;
        }

        if (explained is not null)
            _owner.OnBroken();
        _stopped?.TrySetResult();
        if (resumes)
            Resume();
    }

    /// <summary>Goes on where the reader waits.</summary>
    private void Resume()
    {
        ReadResult result;
        try
        {
            while (true)
            {
                lock (_lock)
                {
                    if (TryGetResult(out result))
                        break;
                    if (_wait is Wait.EarlyData or Wait.Handshake or Wait.Data)
                    {
                        _isAwaited = true;
                        return;
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

        _waiter.SetResult(result);
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
