using SynHello.Wire;

namespace SynHello.Tls;

/// <summary>The server's Finished in TLS 1.2, which ends a full handshake; a resumed one ends with the client's.</summary>
internal sealed class ExpectTls12ServerFinished : HandshakeState<ClientContext>
{
    public static readonly ExpectTls12ServerFinished Instance = new();

    /// <summary>How long a session is kept whose server does not say (RFC 5246 appendix F.1.4).</summary>
    private static readonly TimeSpan _usualLifetime = TimeSpan.FromHours(24);

    public override HandshakeState<ClientContext> Handle(ClientContext context, in HandshakeMessage message)
    {
        Tls12Secrets.CheckFinished(context, message, isClient: false);
        if (context.Negotiated.IsResumed)
            Tls12Secrets.WriteFinished(context, isClient: true);
        KeepSession(context);
        context.CompleteHandshake();
        return ExpectHelloRequest.Instance;
    }

    private static void KeepSession(ClientContext context)
    {
        Tls12KeySchedule keys = context.RequireTls12Keys();
        if (context.Configuration.TimeProvider is not { } clock || !keys.IsExtended)
            return;
        if (context.Ticket.Length == 0 && context.Negotiated.IsResumed)
        {
            Keep(context, context.Tls12Session!); // the same session may be resumed again
            return;
        }

        if (context.Ticket.Length == 0 && context.NewSessionId.Length == 0)
            return;

        // A session that is resumed goes on being the one that it was: a new ticket makes it no younger than the server says.
        var hint = TimeSpan.FromSeconds(context.TicketLifetimeHint);
        TimeSpan lifetime = context.Ticket.Length == 0 || hint == TimeSpan.Zero ? _usualLifetime : hint;
        TlsNegotiation negotiated = context.Negotiated;
        Keep(context, new TlsSession(keys.MasterSecret, context.Ticket)
        {
            Version = ProtocolVersion.Tls12,
            SessionIdBytes = context.Ticket.Length == 0 ? context.NewSessionId : [],
            CipherSuite = negotiated.CipherSuite,
            ServerName = context.ServerName,
            ApplicationProtocol = negotiated.ApplicationProtocol,
            ReceivedAt = clock.GetUtcNow(),
            Lifetime = lifetime < TlsServerResumption.LongestLifetime ? lifetime : TlsServerResumption.LongestLifetime,
            MaximumEarlyData = 0,
            PeerCertificates = negotiated.PeerCertificates,
        });
    }

    private static void Keep(ClientContext context, TlsSession session)
    {
        context.Sessions.Enqueue(session);
        context.Raise(TlsEvent.SessionReceived);
    }
}
