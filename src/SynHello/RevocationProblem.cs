namespace SynHello;

/// <summary>Why nothing is proven about a certificate.</summary>
internal enum RevocationProblem
{
    /// <summary>Something is proven.</summary>
    None,

    /// <summary>The response cannot be read.</summary>
    Malformed,

    /// <summary>The responder did not answer the question (tryLater, unauthorized ...).</summary>
    ResponderError,

    /// <summary>A critical extension may change what the response means.</summary>
    CriticalExtension,

    /// <summary>The response is about other certificates.</summary>
    OtherCertificate,

    /// <summary>Neither the issuer nor somebody whom it has authorized has signed.</summary>
    UnauthorizedResponder,

    /// <summary>The signature is wrong.</summary>
    BadSignature,

    /// <summary>The signature is of a kind that is not taken.</summary>
    UnsupportedSignature,

    /// <summary>The response is of the future.</summary>
    NotYetValid,

    /// <summary>The response is out of date.</summary>
    Expired,

    /// <summary>The responder does not know the certificate.</summary>
    UnknownCertificate,

    /// <summary>Nobody could be asked, or there was no answer that can be used.</summary>
    Unavailable,
}
