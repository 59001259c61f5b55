namespace SynHello.Sockets;

/// <summary>What <see cref="FastOpenPaths"/> remembers of one path.</summary>
public readonly record struct FastOpenPath
{
    /// <summary>What Fast Open did last.</summary>
    public required FastOpenPathState State { get; init; }

    /// <summary>How often in a row it was <see cref="FastOpenPathState.Ignored"/> or
    /// <see cref="FastOpenPathState.Blackholed"/>; 0 otherwise.</summary>
    public int Failures { get; init; }

    /// <summary>Until when the path is left alone for that; null when it is not, or when that time is over.</summary>
    public DateTimeOffset? LeftAloneUntil { get; init; }

    /// <summary>The round trip of the handshakes on it, smoothed (RFC 6298 section 2); null when none is known.</summary>
    public TimeSpan? RoundTrip { get; init; }
}
