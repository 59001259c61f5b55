namespace SynHello;

/// <summary>Why bytes that a client declared safe to replay did not go, or did not arrive, as early data.</summary>
public enum EarlyDataReason
{
    /// <summary>There were no such bytes, or they were accepted as early data.</summary>
    None,

    /// <summary>There was no session to resume: a first visit, or one that came back too late.</summary>
    NoSession,

    /// <summary>The server takes no early data with the session.</summary>
    NotAllowedBySession,

    /// <summary>The bytes are more than the server takes as early data with the session.</summary>
    LongerThanSessionAllows,

    /// <summary>The session is for another application protocol than the first that is offered.</summary>
    ApplicationProtocolDiffers,

    /// <summary>The session could not be offered: it fits the client's configuration no more.</summary>
    SessionNotOffered,

    /// <summary>
    /// The bytes had left already, on a connection to the same host that nothing came of in the end: to another address,
    /// or with Fast Open on a path that does not carry it.
    /// </summary>
    AnotherAddressDialed,

    /// <summary>They went as early data, and the server did not take them (RFC 8446 section 4.2.10).</summary>
    RejectedByServer,

    /// <summary>
    /// They went as early data, and the server asked for another ClientHello (RFC 8446 section 4.1.4).
    /// </summary>
    HelloRetryRequested,
}
