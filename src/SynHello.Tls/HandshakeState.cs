using SynHello.Wire;

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

    /// <summary>
    /// Takes a change_cipher_spec of TLS 1.2, which is no handshake message and still has its one place among them (RFC 5246 section
    /// 7.1). Everywhere else, which is in every state but one, it is refused: one that comes early must not switch to keys that are
    /// not there yet.
    /// </summary>
    /// <exception cref="TlsProtocolException"><see cref="TlsErrorCause.UnexpectedChangeCipherSpec"/>.</exception>
    public virtual HandshakeState<TContext> HandleChangeCipherSpec(TContext context) => throw new TlsProtocolException(
        TlsErrorCause.UnexpectedChangeCipherSpec, "A change_cipher_spec came where none may.");
}
