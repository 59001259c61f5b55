namespace SynHello.Wire;

/// <summary>
/// A TLS connection was given up. <see cref="Cause"/> says precisely why and <see cref="Alert"/> what the peer is told.
/// No secret and no byte of plaintext is ever part of the message.
/// </summary>
public sealed class TlsProtocolException : Exception
{
    /// <summary>Reports a failure.</summary>
    /// <param name="cause">Why the connection was given up.</param>
    /// <param name="message">One sentence for a person; null for a plain one made of the cause.</param>
    public TlsProtocolException(TlsErrorCause cause, string? message = null)
        : base(message ?? $"TLS failure: {cause}.") => Cause = cause;

    /// <summary>Reports a failure that another exception led to.</summary>
    /// <param name="cause">Why the connection was given up.</param>
    /// <param name="message">One sentence for a person.</param>
    /// <param name="innerException">What led to it.</param>
    public TlsProtocolException(TlsErrorCause cause, string? message, Exception? innerException)
        : base(message ?? $"TLS failure: {cause}.", innerException) => Cause = cause;

    /// <summary>Reports a fatal alert that the peer sent.</summary>
    /// <param name="peerAlert">The alert as received.</param>
    public TlsProtocolException(AlertDescription peerAlert)
        : base($"The peer sent the fatal alert {peerAlert}.")
    {
        Cause = TlsErrorCause.PeerAlert;
        PeerAlert = peerAlert;
    }

    /// <summary>Why the connection was given up.</summary>
    public TlsErrorCause Cause { get; }

    /// <summary>
    /// The fatal alert that the peer sent; null unless <see cref="Cause"/> is <see cref="TlsErrorCause.PeerAlert"/>.
    /// </summary>
    public AlertDescription? PeerAlert { get; }

    /// <summary>
    /// The alert that the peer is sent for this cause; null where nothing is sent (the peer has closed already).
    /// </summary>
    public AlertDescription? Alert => AlertTable.For(Cause);
}
