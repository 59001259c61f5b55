using System.Diagnostics.Tracing;

namespace SynHello.Tests;

/// <summary>
/// Books what the shared array pool gives out and takes back, as the pool itself tells it: an array that is given back twice shows
/// even when nobody has come to harm by it.
/// </summary>
/// <param name="smallest">Smaller arrays are not booked: by default those that are none of a stream's.</param>
internal sealed class PoolLedger(int smallest = 4096) : EventListener
{
    private const int Rented = 1, Returned = 3;

    private readonly Lock _lock = new();
    private readonly Dictionary<int, int> _out = [];
    private readonly HashSet<int> _seen = [];
    private int _returnedTwice;

    /// <summary>How many arrays came back that were not out, although they had been since the ledger was opened.</summary>
    public int ReturnedTwice
    {
        get
        {
            lock (_lock)
                return _returnedTwice;
        }
    }

    /// <summary>How many arrays are out at the moment that were rented since the ledger was opened.</summary>
    public int Out
    {
        get
        {
            lock (_lock)
                return _out.Values.Sum();
        }
    }

    /// <summary>How many arrays were rented at all: none would mean that the pool does not tell.</summary>
    public int Total
    {
        get
        {
            lock (_lock)
                return _seen.Count;
        }
    }

    protected override void OnEventSourceCreated(EventSource eventSource)
    {
        if (eventSource.Name == "System.Buffers.ArrayPoolEventSource")
            EnableEvents(eventSource, EventLevel.Verbose);
    }

    protected override void OnEventWritten(EventWrittenEventArgs eventData)
    {
        if (eventData.EventId is not (Rented or Returned) || eventData.Payload is not [int id, int size, ..] || size < smallest)
            return;
        lock (_lock)
        {
            if (eventData.EventId == Rented)
            {
                _seen.Add(id);
                _out[id] = _out.GetValueOrDefault(id) + 1;
            }
            else if (_out.GetValueOrDefault(id) > 0)
            {
                _out[id]--;
            }
            else if (_seen.Contains(id))
            {
                _returnedTwice++;
            }
        }
    }
}
