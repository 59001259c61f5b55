namespace SynHello;

/// <summary>Whether a responder has answered (OCSPResponseStatus, RFC 6960 section 4.2.1).</summary>
internal enum OcspResponseStatus
{
    /// <summary>It has.</summary>
    Successful = 0,

    /// <summary>It could not read the request.</summary>
    MalformedRequest = 1,

    /// <summary>Something failed in the responder.</summary>
    InternalError = 2,

    /// <summary>It cannot answer at the moment.</summary>
    TryLater = 3,

    /// <summary>It wants requests to be signed.</summary>
    SignatureRequired = 5,

    /// <summary>It does not answer this question, or not to this client.</summary>
    Unauthorized = 6,
}
