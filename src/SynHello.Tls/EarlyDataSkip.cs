namespace SynHello.Tls;

/// <summary>Which records may be early data that was not accepted, and are skipped (RFC 8446 section 4.2.10).</summary>
internal enum EarlyDataSkip
{
    /// <summary>None.</summary>
    No,

    /// <summary>Application data in front of the second ClientHello: the answer was a HelloRetryRequest.</summary>
    UntilSecondClientHello,

    /// <summary>Records that do not open, until one does.</summary>
    UntilRecordOpens,
}
