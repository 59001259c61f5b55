using System.Security.Cryptography;

using SynHello.Wire;

namespace SynHello.Tls;

/// <summary>
/// CONNECTED of RFC 8446 appendix A.1: tickets. KeyUpdate is the engine's own, and a CertificateRequest may not come
/// because post_handshake_auth is never offered.
/// </summary>
internal sealed class ExpectPostHandshake : HandshakeState<ClientContext>
{
    public static readonly ExpectPostHandshake Instance = new();

    /// <summary>Sessions that nobody has read: more of them are dropped, the oldest first.</summary>
    private const int MostSessions = 16;

    public override HandshakeState<ClientContext> Handle(ClientContext context, in HandshakeMessage message)
    {
        NewSessionTicket ticket = NewSessionTicket.Parse(message.Expect(HandshakeType.NewSessionTicket));

        // RFC 8446 section 4.6.1: a lifetime of zero says to drop it at once.
        if (context.Configuration.TimeProvider is not { } clock
            || ticket.LifetimeSeconds == 0
            || ticket.Ticket.Length > TlsLimits.Ticket)
        {
            return this;
        }

        KeySchedule keys = context.RequireKeys();
        Span<byte> secret = stackalloc byte[keys.HashLength];
        keys.DeriveTicketSecret(ticket.Nonce, secret);
        TlsNegotiation negotiated = context.Negotiated;
        double longest = TlsServerResumption.LongestLifetime.TotalSeconds;
        if (context.Sessions.Count == MostSessions)
            context.Sessions.Dequeue();
        context.Sessions.Enqueue(new TlsSession(secret, ticket.Ticket)
        {
            CipherSuite = negotiated.CipherSuite,
            ServerName = context.ServerName,
            ApplicationProtocol = negotiated.ApplicationProtocol,
            ReceivedAt = clock.GetUtcNow(),
            Lifetime = TimeSpan.FromSeconds(Math.Min(ticket.LifetimeSeconds, longest)),
            MaximumEarlyData = ticket.MaximumEarlyData ?? 0,
            PeerCertificates = negotiated.PeerCertificates,
            AgeAdd = ticket.AgeAdd,
            RecordSizeLimit = context.Records.WriteSizeLimit,
        });
        CryptographicOperations.ZeroMemory(secret);
        context.Raise(TlsEvent.SessionReceived);
        return this;
    }
}
