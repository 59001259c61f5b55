using SynHello.Tls;

namespace SynHello;

/// <summary>
/// A session as a <see cref="SessionStore"/> keeps it. It holds a secret: whoever has it can act as the server towards
/// this client. Immutable and thread-safe.
/// </summary>
/// <param name="session">The ticket and its secret.</param>
/// <param name="verification">When and how the server's chain was verified.</param>
public sealed class StoredSession(TlsSession session, ChainVerification verification)
{
    /// <summary>The ticket and its secret.</summary>
    public TlsSession Session { get; } = session ?? throw new ArgumentNullException(nameof(session));

    /// <summary>When and how the server's chain was verified, on the connection that began the row.</summary>
    public ChainVerification Verification { get; } =
        verification ?? throw new ArgumentNullException(nameof(verification));

    /// <summary>When the chain was verified.</summary>
    public DateTimeOffset VerifiedAt => Verification.VerifiedAt;

    /// <summary>
    /// From when on it is of no use: the end of the ticket or of the verification, whichever is first.
    /// </summary>
    public DateTimeOffset ExpiresAt =>
        Session.ExpiresAt < Verification.EndsAt ? Session.ExpiresAt : Verification.EndsAt;

    /// <summary>
    /// Whether it may be used. One from the future may not: after the clock was set back nobody knows its age.
    /// </summary>
    /// <param name="now">The time.</param>
    public bool IsUsable(DateTimeOffset now) =>
        now >= VerifiedAt && now >= Session.ReceivedAt && now < ExpiresAt;
}
