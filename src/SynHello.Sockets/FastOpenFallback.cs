namespace SynHello.Sockets;

/// <summary>That a connection with Fast Open gave way to a plain one, and what is made of it.</summary>
public readonly record struct FastOpenFallback
{
    /// <summary>Why.</summary>
    public required FastOpenFallbackReason Reason { get; init; }

    /// <summary>
    /// The time that was lost on it: from the SYN to the plain one beside it or to the error; after a SYN-ACK, from
    /// there.
    /// </summary>
    public required TimeSpan Waited { get; init; }

    /// <summary>Until when the path is left alone (see <see cref="FastOpenPaths"/>).</summary>
    public required DateTimeOffset LeftAloneUntil { get; init; }
}
