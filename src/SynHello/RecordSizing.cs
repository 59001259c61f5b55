namespace SynHello;

/// <summary>
/// How large the records of application data are. A record can be opened only when all of it is there: one of 16 KB takes a dozen
/// packets, and after a loss, or while the congestion window is small, a round trip or more beyond its first. So the first records, and
/// those after a silence, each fit one packet; bulk leaves in full ones, which cost less. The peer's record_size_limit (RFC 8449) and
/// RFC 8446 section 5.1 are never exceeded. Where records are padded they are full ones, whatever is set here. Immutable and thread-safe.
/// </summary>
public sealed class RecordSizing
{
    /// <summary>Full records always, for whoever sends in bulk only.</summary>
    public static RecordSizing Full { get; } = new() { PacketSizedBytes = 0 };

    /// <summary>
    /// How many bytes leave in records that fit one packet, of a connection that is new or was silent. 65,536 unless set; 0 for none.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">It is negative.</exception>
    public int PacketSizedBytes
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            field = value;
        }
    }

        = 65_536;

    /// <summary>
    /// How long nothing was sent when that begins anew. One second unless set: after about as long, congestion control begins anew too
    /// (RFC 5681 section 4.1).
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">It is not positive.</exception>
    public TimeSpan SilentTime
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(value, TimeSpan.Zero);
            field = value;
        }
    }

        = TimeSpan.FromSeconds(1);

    /// <summary>What is in force: each record is padded, so that many small ones would be mostly padding.</summary>
    /// <exception cref="ArgumentNullException">There is none.</exception>
    internal static RecordSizing For(RecordSizing sizing, int recordPadding)
    {
        ArgumentNullException.ThrowIfNull(sizing);
        return recordPadding > 1 ? Full : sizing;
    }
}
