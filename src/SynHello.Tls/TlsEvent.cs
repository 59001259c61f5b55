namespace SynHello.Tls;

/// <summary>What an engine has to say besides bytes; read with <see cref="TlsEngine.TryRead"/>.</summary>
public enum TlsEvent
{
    /// <summary>
    /// The peer's chain waits for a verdict (<see cref="TlsNegotiation.PeerCertificates"/>). Nothing more is consumed
    /// until
    /// <see cref="TlsEngine.AcceptCertificate"/> or <see cref="TlsEngine.RefuseCertificate"/> answers.
    /// </summary>
    NeedCertificateVerdict,

    /// <summary>
    /// Somebody has to say which certificate is shown (<see cref="TlsEngine.CredentialRequest"/>). Nothing more is consumed until
    /// <see cref="TlsEngine.UseCredentials"/> answers.
    /// </summary>
    NeedCredential,

    /// <summary>
    /// A signature is made elsewhere (<see cref="TlsEngine.SignatureRequest"/>). Nothing more is consumed until
    /// <see cref="TlsEngine.UseSignature"/> answers.
    /// </summary>
    NeedSignature,

    /// <summary>
    /// A client wants to resume a session of TLS 1.2 that has to be looked up elsewhere (<see cref="TlsServerEngine.SessionLookup"/>).
    /// Nothing more is consumed until <see cref="TlsServerEngine.UseSession"/> answers.
    /// </summary>
    NeedSession,

    /// <summary>
    /// A client sent early data that this server could take (<see cref="TlsServerEngine.EarlyDataAttempt"/>): somebody
    /// has to say whether the same ClientHello came before. Nothing more is consumed until
    /// <see cref="TlsServerEngine.AcceptEarlyData"/> or <see cref="TlsServerEngine.RejectEarlyData"/> answers.
    /// </summary>
    NeedEarlyDataVerdict,

    /// <summary>
    /// The server has taken the client's early data. On a server: its flight is made, application data can be sent, and
    /// what is received until <see cref="HandshakeCompleted"/> is early data.
    /// </summary>
    EarlyDataAccepted,

    /// <summary>Both Finished messages are exchanged or on their way: application data may be sent.</summary>
    HandshakeCompleted,

    /// <summary>The server sent a ticket: <see cref="TlsClientEngine.TryReadSession"/> has the session.</summary>
    SessionReceived,

    /// <summary>The peer changed its sending key (RFC 8446 section 4.6.3).</summary>
    KeyUpdated,

    /// <summary>The peer sent close_notify: nothing more comes from it. Sending is still allowed.</summary>
    PeerClosed,
}
