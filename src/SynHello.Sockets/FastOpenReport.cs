namespace SynHello.Sockets;

/// <summary>What Fast Open did for one dialed connection.</summary>
public readonly record struct FastOpenReport
{
    /// <summary>What happened.</summary>
    public required FastOpenOutcome Outcome { get; init; }

    /// <summary>
    /// How many bytes of the first flight rode in the SYN and were acknowledged by the SYN-ACK; 0 unless
    /// <see cref="Outcome"/> is <see cref="FastOpenOutcome.Cookie"/> or <see cref="FastOpenOutcome.Cookieless"/>.
    /// </summary>
    public int SynDataBytes { get; init; }

    /// <summary>
    /// How many bytes the kernel put into the SYN, whether or not they were taken. It is the kernel's own count (what
    /// the send that made the SYN returned), so it holds for every MTU and every cached MSS. Only when a local packet
    /// filter refuses that SYN (<see cref="FastOpenOutcome.Fallback"/>) does it count bytes that never left the
    /// machine.
    /// </summary>
    public int SynDataOffered { get; init; }

    /// <summary>
    /// The room that the SYN was said to have before the first flight was made, in bytes (see
    /// <see cref="FirstFlightFactory"/>); null when nothing rode in a SYN. A first flight that is longer fills it:
    /// <see cref="SynDataOffered"/> is then this number, or more where the MTU is larger than a memory page.
    /// </summary>
    public int? SynRoom { get; init; }

    /// <summary>The kernel's smoothed estimate of the round trip, or null before it has one.</summary>
    public TimeSpan? RoundTrip { get; init; }

    /// <summary>
    /// Segments sent more than once since the connection began. SYN data that the server ignored counts as one.
    /// </summary>
    public int TotalRetransmits { get; init; }
}
