using System.Diagnostics.CodeAnalysis;

namespace SynHello;

/// <summary>
/// Bounds the connections between accept and the application. When there are too many, the oldest handshake gives way to the
/// newest connection: one that stalls must not keep others out until its time is up, and an honest one is done long before it is
/// the oldest. Thread-safe.
/// </summary>
[SuppressMessage(
    "Design", "CA1001", Justification = "A SemaphoreSlim whose wait handle nobody asks for holds nothing to dispose of.")]
internal sealed class PendingConnections(int maximum)
{
    private readonly SemaphoreSlim _slots = new(maximum, maximum);
    private readonly Lock _lock = new();
    private readonly LinkedList<Handshake> _handshakes = [];

    /// <summary>How many there may be.</summary>
    public int Maximum => maximum;

    /// <summary>How many handshakes are under way and could be told to give way.</summary>
    public int HandshakesUnderWay
    {
        get
        {
            lock (_lock)
                return _handshakes.Count;
        }
    }

    /// <summary>Takes a slot, at the cost of the oldest handshake if need be.</summary>
    public async ValueTask EnterAsync(CancellationToken cancellationToken)
    {
        if (_slots.Wait(0, CancellationToken.None))
            return;
        DisplaceOldest();
        await _slots.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Gives a slot back.</summary>
    public void Leave() => _slots.Release();

    /// <summary>Waits until every slot was given back, and keeps them all.</summary>
    public async ValueTask CloseAsync()
    {
        for (int i = 0; i < maximum; i++)
            await _slots.WaitAsync().ConfigureAwait(false);
    }

    /// <summary>Begins a handshake that may be told to give way.</summary>
    /// <param name="stop">Canceled when it has to.</param>
    public LinkedListNode<Handshake> Begin(CancellationTokenSource stop)
    {
        lock (_lock)
            return _handshakes.AddLast(new Handshake(stop));
    }

    /// <summary>Ends it: it is not told to give way any more.</summary>
    public void End(LinkedListNode<Handshake> handshake)
    {
        lock (_lock)
        {
            if (handshake.List is not null)
                _handshakes.Remove(handshake);
        }
    }

    private void DisplaceOldest()
    {
        lock (_lock)
        {
            if (_handshakes.First is not { } oldest)
                return; // the application does not accept: nothing can be gained
            _handshakes.RemoveFirst();
            _ = oldest.Value.Stop.CancelAsync(); // runs its callbacks elsewhere
        }
    }

    internal readonly record struct Handshake(CancellationTokenSource Stop);
}
