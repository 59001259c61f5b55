namespace SynHello;

/// <summary>
/// Lets one reader in at a time, and says who gives the reader's buffers back when the stream is closed: exactly one of the reader
/// that is still inside and whoever closes. Thread-safe, and never waits.
/// </summary>
internal struct ReadGate
{
    /// <summary>Bits of the state. Brief comes with Inside.</summary>
    private const int Inside = 1, Closed = 2, Brief = 4;

    private int _state;

    public readonly bool IsClosed => (Volatile.Read(in _state) & Closed) != 0;

    /// <summary>Lets a reader in.</summary>
    /// <exception cref="NotSupportedException">Another one is inside.</exception>
    /// <exception cref="ObjectDisposedException">The gate is closed.</exception>
    public void Enter()
    {
        if (!TryEnter())
            throw new NotSupportedException("Another read is under way on this stream.");
    }

    /// <summary>Lets a reader in, if no other one is inside.</summary>
    /// <returns>False when another one is.</returns>
    /// <exception cref="ObjectDisposedException">The gate is closed.</exception>
    public bool TryEnter()
    {
        int state = Interlocked.CompareExchange(ref _state, Inside, 0);
        for (var wait = default(SpinWait); (state & Brief) != 0; wait.SpinOnce())
            state = Interlocked.CompareExchange(ref _state, Inside, 0);
        ObjectDisposedException.ThrowIf((state & Closed) != 0, typeof(SecureStream));
        return state != Inside;
    }

    /// <summary>Lets somebody in who does not wait for anything inside, so that a reader waits instead of being refused.</summary>
    /// <returns>False when a reader is inside, or the gate is closed.</returns>
    public bool TryEnterBriefly() => Interlocked.CompareExchange(ref _state, Inside | Brief, 0) == 0;

    /// <summary>Lets the reader out.</summary>
    /// <returns>Whether the gate was closed meanwhile: the buffers are then the reader's to give back.</returns>
    public bool Leave() => (Interlocked.And(ref _state, Closed) & Closed) != 0;

    /// <summary>Lets nobody in any more. To be called once.</summary>
    /// <returns>Whether nobody is inside: the buffers are then the caller's to give back.</returns>
    public bool Close() => Interlocked.Or(ref _state, Closed) == 0;
}
