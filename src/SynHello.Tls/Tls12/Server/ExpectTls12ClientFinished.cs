namespace SynHello.Tls;

/// <summary>The client's Finished in TLS 1.2, answered with this side's own in a full handshake; a resumed one ends with it.</summary>
internal sealed class ExpectTls12ClientFinished : HandshakeState<ServerContext>
{
    public static readonly ExpectTls12ClientFinished Instance = new();

    public override HandshakeState<ServerContext> Handle(ServerContext context, in HandshakeMessage message)
    {
        Tls12Secrets.CheckFinished(context, message, isClient: true);
        if (!context.Negotiated.IsResumed)
        {
            Tls12ServerSessions.WriteTicket(context);
            Tls12Secrets.WriteFinished(context, isClient: false);
            Tls12ServerSessions.Keep(context);
        }

        context.CompleteHandshake();
        return ExpectRenegotiation.Instance;
    }
}
