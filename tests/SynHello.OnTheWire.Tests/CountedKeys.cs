using SynHello.Tls;

namespace SynHello.OnTheWire.Tests;

/// <summary>Ticket keys that count how often a ticket was opened with them.</summary>
internal sealed class CountedKeys(SessionTicketProtector keys) : SessionTicketProtector
{
    private int _opened;

    /// <summary>How many tickets were good.</summary>
    public int Opened => Volatile.Read(ref _opened);

    public override int MaximumOverhead => keys.MaximumOverhead;

    public override int Seal(ReadOnlySpan<byte> content, Span<byte> ticket) => keys.Seal(content, ticket);

    public override bool TryOpen(ReadOnlySpan<byte> ticket, Span<byte> content, out int length)
    {
        if (!keys.TryOpen(ticket, content, out length))
            return false;
        Interlocked.Increment(ref _opened);
        return true;
    }
}
