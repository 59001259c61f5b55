namespace SynHello.Sockets;

/// <summary>
/// A listener's connections whose address is not proven yet, in the order of their age: the kernel bounds how many there
/// are, and tells nobody. One leaves when somebody notices the proof, when it is closed, or when the kernel is asked.
/// Thread-safe.
/// </summary>
/// <remarks>
/// One that ends without a proof counts as pressure for as long as it might have lived. What breaks the protocol, or is
/// reset by whoever forged the address, gives its place in the kernel's queue back at once: of a flood of those there is
/// never more than one at a time, and each costs an accept and a handshake.
/// </remarks>
/// <param name="limit">How many of those that ended are remembered.</param>
/// <param name="timeProvider">The clock.</param>
internal sealed class UnprovenConnections(int limit, TimeProvider timeProvider)
{
    /// <summary>How long an address that nobody answers for is unproven (see <see cref="LinuxTcp.UnprovenSynAcks"/>).</summary>
    public static readonly TimeSpan Life = TimeSpan.FromSeconds(3);

    private readonly Lock _lock = new();
    private readonly LinkedList<AcceptedSocket> _connections = [];
    private readonly Queue<long> _ended = new();

    /// <summary>How many there are as far as anybody has noticed: never too few.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
                return _connections.Count;
        }
    }

    /// <summary>How many ended of late without a proof.</summary>
    public int Ended
    {
        get
        {
            lock (_lock)
            {
                while (_ended.TryPeek(out long accepted) && timeProvider.GetElapsedTime(accepted) > Life)
                    _ended.Dequeue();
                return _ended.Count;
            }
        }
    }

    /// <summary>Takes up a connection that was accepted just now.</summary>
    /// <returns>How many there are.</returns>
    public int Enter(AcceptedSocket connection)
    {
        lock (_lock)
        {
            connection.AcceptedAt = timeProvider.GetTimestamp();
            connection.PlaceAmongUnproven = _connections.AddLast(connection);
            return _connections.Count;
        }
    }

    /// <summary>Lets one go, if it is still here.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="isProven">Whether its address is proven, so that it is not remembered.</param>
    public void Leave(AcceptedSocket connection, bool isProven)
    {
        lock (_lock)
        {
            if (Remove(connection) && !isProven)
                Remember(connection.AcceptedAt);
        }
    }

    /// <summary>Remembers one that was reset before it was accepted.</summary>
    public void RememberLost()
    {
        lock (_lock)
            Remember(timeProvider.GetTimestamp());
    }

    /// <summary>
    /// Asks the kernel about each, which takes a microsecond for one, and lets go of those that are proven or dead.
    /// </summary>
    /// <param name="overdueAge">What is older is overdue.</param>
    /// <returns>How many there are, and how many of them are overdue.</returns>
    public (int Count, int Overdue) Look(TimeSpan overdueAge)
    {
        lock (_lock)
        {
            int overdue = 0;
            for (LinkedListNode<AcceptedSocket>? node = _connections.First; node is not null;)
            {
                AcceptedSocket connection = node.Value;
                node = node.Next;
                switch (connection.AwaitsProof())
                {
                    case null:
                        Remove(connection);
                        break;
                    case false:
                        Remove(connection);
                        Remember(connection.AcceptedAt);
                        break;
                    case true when timeProvider.GetElapsedTime(connection.AcceptedAt) > overdueAge:
                        overdue++;
                        break;
                }
            }

            return (_connections.Count, overdue);
        }
    }

    private bool Remove(AcceptedSocket connection)
    {
        if (connection.PlaceAmongUnproven is not { } place)
            return false;
        connection.PlaceAmongUnproven = null;
        _connections.Remove(place);
        return true;
    }

    private void Remember(long accepted)
    {
        if (_ended.Count == limit)
            _ended.Dequeue();
        _ended.Enqueue(accepted);
    }
}
