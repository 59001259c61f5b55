namespace SynHello;

/// <summary>What becomes of a certificate when an online check leads to nothing.</summary>
public enum RevocationFailureMode
{
    /// <summary>
    /// It is taken, and that is logged. Whoever can keep the client from the responder or the list can keep a revocation from it.
    /// </summary>
    SoftFail,

    /// <summary>The handshake ends. Whoever can keep the client from the responder or the list can keep it from the server.</summary>
    HardFail,
}
