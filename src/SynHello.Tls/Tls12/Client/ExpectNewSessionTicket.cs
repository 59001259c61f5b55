using SynHello.Wire;

namespace SynHello.Tls;

/// <summary>The ticket that the server spoke of, in front of its change_cipher_spec (RFC 5077 section 3.3).</summary>
internal sealed class ExpectNewSessionTicket : HandshakeState<ClientContext>
{
    public static readonly ExpectNewSessionTicket Instance = new();

    public override HandshakeState<ClientContext> Handle(ClientContext context, in HandshakeMessage message)
    {
        Tls12NewSessionTicket ticket = Tls12NewSessionTicket.Parse(message.Expect(HandshakeType.NewSessionTicket));
        if (ticket.Ticket.Length <= TlsLimits.Ticket)
            context.Ticket = ticket.Ticket.ToArray();
        context.TicketLifetimeHint = ticket.LifetimeHintSeconds;
        context.Transcript.Append(message.Encoded);
        return ExpectServerChangeCipherSpec.Instance;
    }
}
