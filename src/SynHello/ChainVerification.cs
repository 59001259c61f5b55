using System.Net.Security;

namespace SynHello;

/// <summary>
/// When and how a server's chain was verified. Sessions of the connection hold it, and so do those of every connection
/// that resumes one of them: nothing is trusted for longer than this, however long the row of resumptions.
/// </summary>
public sealed record ChainVerification
{
    /// <summary>When the chain was judged.</summary>
    public required DateTimeOffset VerifiedAt { get; init; }

    /// <summary>
    /// Until when the verdict may be relied on: until a certificate that entered it ends, and no longer than
    /// <see cref="SecureClientOptions.MaximumSessionAge"/>.
    /// </summary>
    public required DateTimeOffset EndsAt { get; init; }

    /// <summary>
    /// What was wrong with the chain, and was overlooked by
    /// <see cref="SecureClientOptions.RemoteCertificateValidationCallback"/>; none without one.
    /// </summary>
    public required SslPolicyErrors PolicyErrors { get; init; }

    /// <summary>
    /// The chain as it was built, whatever was sent: the DER of each certificate, the end entity's first and the trusted root last; it
    /// ends earlier where <see cref="PolicyErrors"/> say that it leads to none. Empty where nobody knows it any more: a
    /// <see cref="FileSessionStore"/> does not keep it, so sessions that another process has made come without.
    /// </summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> Path { get; init; } = [];
}
