using SynHello.Wire;

namespace SynHello.Tls;

/// <summary>
/// CONNECTED of RFC 8446 appendix A.1: tickets, which are checked and dropped. KeyUpdate is the engine's own, and a
/// CertificateRequest may not come because post_handshake_auth is never offered.
/// </summary>
internal sealed class ExpectPostHandshake : HandshakeState<ClientContext>
{
    public static readonly ExpectPostHandshake Instance = new();

    public override HandshakeState<ClientContext> Handle(ClientContext context, in HandshakeMessage message)
    {
        // A lifetime above seven days is the server's mistake, and none that would matter to a ticket that is dropped.
        NewSessionTicket.Parse(message.Expect(HandshakeType.NewSessionTicket));
        return this;
    }
}
