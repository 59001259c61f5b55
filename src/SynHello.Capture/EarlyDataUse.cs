namespace SynHello.Capture;

/// <summary>What the packets show of TLS 1.3 early data (RFC 8446, section 2.3).</summary>
public enum EarlyDataUse
{
    /// <summary>The client sent no application data before the ServerHello reached it.</summary>
    None,

    /// <summary>
    /// The client sent early data and nothing in sight says that the server refused it: the client went on with a
    /// record
    /// of the size of EndOfEarlyData, or the capture ends before it went on.
    /// </summary>
    Accepted,

    /// <summary>
    /// The client sent early data and the server refused it: it sent a HelloRetryRequest, or the client went on without
    /// EndOfEarlyData (RFC 8446, section 4.2.10).
    /// </summary>
    Rejected,
}
