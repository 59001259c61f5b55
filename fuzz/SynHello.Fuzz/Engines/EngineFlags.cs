namespace SynHello.Fuzz.Engines;

/// <summary>How an engine is run: the second byte of an input.</summary>
[Flags]
internal enum EngineFlags
{
    None = 0,

    /// <summary>Hashes, signatures and secrets depend on what was said: nobody who changed it completes a handshake.</summary>
    Binds = 1,

    /// <summary>Records open under any key.</summary>
    IgnoresTags = 2,

    /// <summary>The engine sends data after each flight.</summary>
    Sends = 4,

    /// <summary>The engine changes its key after each flight.</summary>
    UpdatesKey = 8,

    /// <summary>The engine closes behind the last flight but one.</summary>
    Closes = 16,

    /// <summary>Certificates are refused, and early data is.</summary>
    Refuses = 32,

    /// <summary>The transport ends behind the last flight.</summary>
    Ends = 64,
}
