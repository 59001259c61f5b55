namespace SynHello.Tls;

/// <summary>
/// A place in the handshake that waits for one message or one of a few. Stateless: what outlives it is in the context,
/// so one
/// instance serves every connection.
/// </summary>
internal abstract class HandshakeState<TContext>
    where TContext : ConnectionContext
{
    /// <summary>Takes the message and says what is waited for next.</summary>
    public abstract HandshakeState<TContext> Handle(TContext context, in HandshakeMessage message);
}
