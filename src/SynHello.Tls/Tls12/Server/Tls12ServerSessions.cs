using System.Buffers;

using SynHello.Wire;

namespace SynHello.Tls;

/// <summary>Sessions of TLS 1.2 as a server gives them out: in a ticket, or kept under their ID.</summary>
internal static class Tls12ServerSessions
{
    /// <summary>Writes the ticket that was promised (RFC 5077 section 3.3) into the flight.</summary>
    public static void WriteTicket(ServerContext context)
    {
        if (!context.IsTicketPromised)
            return;
        TlsServerResumption resumption = context.Configuration.Resumption!;
        int start = context.Flight.Length;
        TimeSpan left = ExpiresAt(context, resumption) - resumption.TimeProvider.GetUtcNow();
        byte[] ticket = Seal(context, resumption, sessionId: [], out int length);
        new Tls12NewSessionTicket
        {
            LifetimeHintSeconds = (uint)Math.Max(left.TotalSeconds, 1), // 0 would say nothing
            Ticket = length <= SessionChoice.LongestTicket ? ticket.AsSpan(0, length) : [], // none after all (RFC 5077 section 3.3)
        }.Write(context.Flight);
        ArrayPool<byte>.Shared.Return(ticket);
        context.AppendFlight(start);
    }

    /// <summary>Keeps a new session that has an ID: its handshake is complete.</summary>
    public static void Keep(ServerContext context)
    {
        if (context.SessionId.Length == 0 || context.Negotiated.IsResumed)
            return;
        TlsServerResumption resumption = context.Configuration.Resumption!;
        byte[] session = Seal(context, resumption, context.SessionId, out int length);
        context.IsSessionCached = TryAdd(
            resumption.SessionCache!, context.SessionId, session.AsSpan(0, length), ExpiresAt(context, resumption));
        ArrayPool<byte>.Shared.Return(session);
    }

    /// <summary>Forgets a session, as well as its cache can.</summary>
    public static void Remove(TlsSessionCache? cache, ReadOnlySpan<byte> sessionId)
    {
        try
        {
            cache?.Remove(sessionId);
        }
        catch (Exception)
        {
            // It ends by itself, and the failure that brought us here is what has to be told.
        }
    }

    /// <summary>A cache that fails costs its clients their sessions, and no connection.</summary>
    private static bool TryAdd(
        TlsSessionCache cache, ReadOnlySpan<byte> sessionId, ReadOnlySpan<byte> session, DateTimeOffset expiresAt)
    {
        try
        {
            cache.Add(sessionId, session, expiresAt);
            return true;
        }
        catch (Exception)
        {
            return false;
        }
    }

    private static DateTimeOffset ExpiresAt(ServerContext context, TlsServerResumption resumption) =>
        DateTimeOffset.FromUnixTimeMilliseconds(context.SessionIssuedAt) + resumption.TicketLifetime;

    private static byte[] Seal(
        ServerContext context, TlsServerResumption resumption, ReadOnlySpan<byte> sessionId, out int length)
    {
        Tls12KeySchedule keys = context.RequireTls12Keys();
        TlsNegotiation negotiated = context.Negotiated;
        Span<byte> name = stackalloc byte[255];
        name = name[..System.Text.Encoding.ASCII.GetBytes(negotiated.ServerName ?? "", name)];
        using var content = new TlsWriter();
        new Tls12SessionContent
        {
            CipherSuite = keys.Suite,
            MasterSecret = keys.MasterSecret,
            SessionId = sessionId,
            IssuedAt = context.SessionIssuedAt,
            ServerName = name,
            TrustContext = resumption.TrustContext.Span,
            ClientCertificate = negotiated.PeerCertificates is [var certificate, ..] ? certificate.Span : default,
            ClientVerifiedUntil = context.ClientVerifiedUntil,
        }.Write(content);
        byte[] @sealed = ArrayPool<byte>.Shared.Rent(content.Length + resumption.Protector.MaximumOverhead);
        try
        {
            length = resumption.Protector.Seal(content.Written, @sealed);
            return @sealed;
        }
        catch
        {
            ArrayPool<byte>.Shared.Return(@sealed);
            throw;
        }
    }
}
