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
        const uint SevenDays = 604_800;
        NewSessionTicket ticket = NewSessionTicket.Parse(message.Expect(HandshakeType.NewSessionTicket));
        if (ticket.LifetimeSeconds > SevenDays)
            throw new TlsProtocolException(TlsErrorCause.IllegalValue, "A ticket's lifetime is above seven days.");
        return this;
    }
}
