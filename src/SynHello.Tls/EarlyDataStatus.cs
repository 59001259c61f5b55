namespace SynHello.Tls;

/// <summary>What became of a connection's early data (RFC 8446 section 4.2.10).</summary>
public enum EarlyDataStatus
{
    /// <summary>The client offered none.</summary>
    None,

    /// <summary>The client sent some, and the server has not answered yet.</summary>
    Offered,

    /// <summary>The server took it.</summary>
    Accepted,

    /// <summary>The server did not take it: it has to be sent again after the handshake, if it is to be sent at all.</summary>
    Rejected,
}
