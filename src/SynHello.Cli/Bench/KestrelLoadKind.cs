namespace SynHello.Cli;

/// <summary>What each request of a load comes on.</summary>
internal enum KestrelLoadKind
{
    /// <summary>A connection of its own, with a full handshake.</summary>
    Close,

    /// <summary>A connection of its own, which resumes a session.</summary>
    CloseResumed,

    /// <summary>A connection that was there already.</summary>
    KeepAlive,
}
