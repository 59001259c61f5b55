namespace SynHello.Tls;

/// <summary>
/// Seals what a server has to know of a session into a ticket that only it can open (RFC 8446 section 4.6.1), so that
/// the client keeps it instead. One protector serves many connections at once: every member is thread-safe, and none
/// blocks.
/// </summary>
public abstract class SessionTicketProtector
{
    /// <summary>The most bytes that a ticket is longer than its content.</summary>
    public abstract int MaximumOverhead { get; }

    /// <summary>Encrypts and authenticates the content of a ticket under the current key.</summary>
    /// <param name="content">What is sealed: it holds a secret.</param>
    /// <param name="ticket">
    /// Room for the content and <see cref="MaximumOverhead"/> more. Two seals of the same content differ.
    /// </param>
    /// <returns>How many bytes of <paramref name="ticket"/> were written.</returns>
    public abstract int Seal(ReadOnlySpan<byte> content, Span<byte> ticket);

    /// <summary>Opens a ticket that this protector, or one with the same keys, has sealed.</summary>
    /// <param name="ticket">What a client sent: any bytes.</param>
    /// <param name="content">Room for as many bytes as the ticket has.</param>
    /// <param name="length">How many bytes of <paramref name="content"/> were written.</param>
    /// <returns>
    /// False when its key is unknown or gone, or when it does not authenticate; nothing is to be learned from which.
    /// </returns>
    public abstract bool TryOpen(ReadOnlySpan<byte> ticket, Span<byte> content, out int length);
}
