namespace SynHello.Sockets;

/// <summary>
/// A listener's connections whose address is not proven yet, in the order of their age: the kernel bounds how many there
/// are, and tells nobody. One leaves when somebody notices the proof, when it is closed, or when the kernel is asked.
/// Thread-safe.
/// </summary>
internal sealed class UnprovenConnections(TimeProvider timeProvider)
{
    private readonly Lock _lock = new();
    private readonly LinkedList<AcceptedSocket> _connections = [];

    /// <summary>How many there are as far as anybody has noticed: never too few.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
                return _connections.Count;
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
    public void Leave(AcceptedSocket connection)
    {
        lock (_lock)
            Remove(connection);
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
                if (!connection.AwaitsProof())
                    Remove(connection);
                else if (timeProvider.GetElapsedTime(connection.AcceptedAt) > overdueAge)
                    overdue++;
            }

            return (_connections.Count, overdue);
        }
    }

    private void Remove(AcceptedSocket connection)
    {
        if (connection.PlaceAmongUnproven is not { } place)
            return;
        connection.PlaceAmongUnproven = null;
        _connections.Remove(place);
    }
}
