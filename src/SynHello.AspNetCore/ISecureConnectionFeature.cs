namespace SynHello.AspNetCore;

/// <summary>
/// What is known of the secure connection that a request came over; in <c>HttpContext.Features</c> and in
/// <c>ConnectionContext.Features</c>. Safe to read from any thread.
/// </summary>
public interface ISecureConnectionFeature
{
    /// <summary>What setting up the connection took, and what was agreed on.</summary>
    HandshakeReport Report { get; }
}
