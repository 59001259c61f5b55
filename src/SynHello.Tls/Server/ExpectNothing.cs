using SynHello.Wire;

namespace SynHello.Tls;

/// <summary>
/// CONNECTED of RFC 8446 appendix A.2: KeyUpdate is the engine's own, and nothing else may come from a client.
/// </summary>
internal sealed class ExpectNothing : HandshakeState<ServerContext>
{
    public static readonly ExpectNothing Instance = new();

    public override HandshakeState<ServerContext> Handle(ServerContext context, in HandshakeMessage message) =>
        throw new TlsProtocolException(
            TlsErrorCause.UnexpectedMessage,
            $"A {message.Type} message came after the handshake.");
}
