namespace SynHello.Capture;

/// <summary>One packet in a <see cref="RoundTripLedger"/>.</summary>
/// <param name="Direction">Which way it went.</param>
/// <param name="SentAt">When it left its sender, on the clock of the capture.</param>
/// <param name="DeliveredAt">When it reached its receiver; null if the wire lost it.</param>
/// <param name="Contents">What it carries.</param>
/// <param name="PayloadBytes">Bytes of TCP payload.</param>
/// <param name="IsRetransmission">Whether everything that it carries had been sent before.</param>
/// <param name="Depth">
/// Crossings of the wire that had to be complete before it was sent, by the rule of <see cref="RoundTripLedger"/>:
/// even for the client's packets, odd for the server's.
/// </param>
public sealed record LedgerEntry(
    PacketDirection Direction,
    TimeSpan SentAt,
    TimeSpan? DeliveredAt,
    PacketContents Contents,
    int PayloadBytes,
    bool IsRetransmission,
    int Depth)
{
    /// <summary>Whether the wire lost the packet.</summary>
    public bool IsLost => DeliveredAt is null;
}
