namespace SynHello.Tls;

/// <summary>What an engine has to say besides bytes; read with <see cref="TlsEngine.TryRead"/>.</summary>
public enum TlsEvent
{
    /// <summary>
    /// The peer's chain waits for a verdict (<see cref="TlsNegotiation.PeerCertificates"/>). Nothing more is consumed
    /// until
    /// <see cref="TlsClientEngine.AcceptCertificate"/> or <see cref="TlsClientEngine.RefuseCertificate"/> answers.
    /// </summary>
    NeedCertificateVerdict,

    /// <summary>Both Finished messages are exchanged or on their way: application data may be sent.</summary>
    HandshakeCompleted,

    /// <summary>The peer changed its sending key (RFC 8446 section 4.6.3).</summary>
    KeyUpdated,

    /// <summary>The peer sent close_notify: nothing more comes from it. Sending is still allowed.</summary>
    PeerClosed,
}
