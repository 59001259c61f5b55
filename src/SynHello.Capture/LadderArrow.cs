namespace SynHello.Capture;

/// <summary>One arrow of the picture: a packet, or several that went the same way at nearly the same time.</summary>
/// <param name="first">The first packet, which gives the arrow its times.</param>
/// <param name="startedAt">The time that the picture counts from.</param>
internal sealed class LadderArrow(LedgerEntry first, TimeSpan startedAt)
{
    public PacketDirection Direction => first.Direction;

    public bool IsLost => first.IsLost;

    public TimeSpan SentAt => first.SentAt - startedAt;

    public TimeSpan? DeliveredAt => first.DeliveredAt - startedAt;

    public PacketContents Contents { get; private set; } = first.Contents;

    public int PayloadBytes { get; private set; } = first.PayloadBytes;

    public bool IsRetransmission { get; private set; } = first.IsRetransmission;

    /// <summary>An acknowledgement and nothing else.</summary>
    public bool IsAck => Contents == PacketContents.Ack;

    /// <summary>Makes the arrows of one lane, up to the first byte of the response.</summary>
    /// <param name="ledger">The packets.</param>
    /// <param name="mergeTime">Packets of one direction closer than this share an arrow.</param>
    public static List<LadderArrow> From(RoundTripLedger ledger, TimeSpan mergeTime)
    {
        const int MostArrows = 200;
        var end = ledger.FirstByteAt ?? TimeSpan.MaxValue;
        var shown = ledger.Entries.Where(entry => entry.SentAt < end).ToList();
        var arrows = new List<LadderArrow>();
        foreach (var entry in shown.Where(entry => entry.Contents != PacketContents.Ack))
        {
            var arrow = arrows.FindLast(a => a.Direction == entry.Direction && a.CanTake(entry, mergeTime, ledger.StartedAt));
            if (arrow is not null)
                arrow.Take(entry);
            else if (arrows.Count < MostArrows)
                arrows.Add(new LadderArrow(entry, ledger.StartedAt));
        }

        // An acknowledgement beside a packet of the same direction would only thicken its arrow, and one that is still
        // under way at the end of the lane would point at nothing.
        foreach (var entry in shown.Where(e => e.Contents == PacketContents.Ack && !(e.DeliveredAt > end)))
        {
            bool isBeside = arrows.Exists(arrow => arrow.Direction == entry.Direction
                && (arrow.SentAt - (entry.SentAt - ledger.StartedAt)).Duration() < mergeTime);
            if (!isBeside && arrows.Count < MostArrows)
                arrows.Add(new LadderArrow(entry, ledger.StartedAt));
        }

        return [.. arrows.OrderBy(arrow => arrow.SentAt)];
    }

    private bool CanTake(LedgerEntry entry, TimeSpan mergeTime, TimeSpan zero)
    {
        if (entry.IsLost != IsLost || (entry.SentAt - zero - SentAt).Duration() >= mergeTime)
            return false;
        return DeliveredAt is not { } delivered || (entry.DeliveredAt.GetValueOrDefault() - zero - delivered).Duration() < mergeTime;
    }

    private void Take(LedgerEntry entry)
    {
        Contents |= entry.Contents;
        PayloadBytes += entry.PayloadBytes;
        IsRetransmission &= entry.IsRetransmission;
    }
}
