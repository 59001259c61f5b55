using System.Buffers;
using System.Security.Cryptography;

using SynHello.Wire;

namespace SynHello.Tls;

/// <summary>
/// Finds the session of TLS 1.2 that a ClientHello may resume, by its ticket (RFC 5077 section 3.1) or its ID (RFC 5246 section 7.3). What
/// does not fit is passed over, and the handshake is a full one.
/// </summary>
internal static class Tls12SessionChoice
{
    /// <summary>Whether a session may be resumed or made at all.</summary>
    public static TlsServerResumption? Resumption(ServerContext context, in ClientHello hello) =>
        hello.Present.Contains(ExtensionType.ExtendedMasterSecret) ? context.Configuration.Resumption : null;

    /// <summary>Looks for the session; takes its secrets if it is there and fits.</summary>
    /// <returns>Null when somebody else has to be asked for it.</returns>
    public static bool? TryResume(ServerContext context, in ClientHello hello)
    {
        if (context.Configuration.Resumption is not { } resumption)
            return false;

        // RFC 5077 section 3.4: behind a ticket the ID means nothing.
        if (!hello.SessionTicket.IsEmpty)
            return TryOpen(context, resumption, hello, hello.SessionTicket, sessionId: []);
        if (hello.LegacySessionId.Length != TlsSessionCache.SessionIdLength || resumption.SessionCache is not { } cache)
            return false; // all IDs of this side's have that length, and nobody is asked about others
        return TryFind(cache, hello.LegacySessionId, out ReadOnlyMemory<byte> session)
            ? TryResume(context, hello, session.Span)
            : null;
    }

    /// <summary>Takes the secrets of a session that was found by its ID, if it fits.</summary>
    public static bool TryResume(ServerContext context, in ClientHello hello, ReadOnlySpan<byte> found) =>
        !found.IsEmpty && TryOpen(context, context.Configuration.Resumption!, hello, found, hello.LegacySessionId);

    private static bool TryOpen(
        ServerContext context,
        TlsServerResumption resumption,
        in ClientHello hello,
        ReadOnlySpan<byte> @sealed,
        ReadOnlySpan<byte> sessionId)
    {
        if (@sealed.Length > SessionChoice.LongestTicket)
            return false;
        byte[] buffer = ArrayPool<byte>.Shared.Rent(SessionChoice.LongestTicket);
        try
        {
            DateTimeOffset now = resumption.TimeProvider.GetUtcNow();
            if (!resumption.Protector.TryOpen(@sealed, buffer.AsSpan(0, @sealed.Length), out int length)
                || !Tls12SessionContent.TryRead(buffer.AsSpan(0, length), out Tls12SessionContent session)
                || !session.SessionId.SequenceEqual(sessionId))
            {
                return false;
            }

            if (!Fits(context.Configuration, resumption, session, hello, now))
                return false;

            // RFC 7627 section 5.3: nobody who had the extension goes on without it.
            if (!hello.Present.Contains(ExtensionType.ExtendedMasterSecret))
            {
                throw new TlsProtocolException(
                    TlsErrorCause.ExtendedMasterSecretMissing,
                    "The client resumes a session with an extended master secret and does not offer that any more.");
            }

            Take(context, session, hello);
            return true;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(buffer);
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static bool Fits(
        TlsServerConfiguration configuration,
        TlsServerResumption resumption,
        in Tls12SessionContent session,
        in ClientHello hello,
        DateTimeOffset now)
    {
        long age = now.ToUnixTimeMilliseconds() - session.IssuedAt;
        return age < resumption.TicketLifetime.TotalMilliseconds
            && age >= -resumption.EarlyDataWindow.TotalMilliseconds
            && configuration.Tls12CipherSuites.Contains(session.CipherSuite)
            && hello.CipherSuites.Contains(session.CipherSuite.Value)
            && System.Text.Ascii.EqualsIgnoreCase(session.ServerName, hello.ServerName) // RFC 6066 section 3
            && session.TrustContext.SequenceEqual(resumption.TrustContext.Span)
            && SessionChoice.ClientFits(
                configuration.ClientCertificateMode, session.ClientCertificate, session.ClientVerifiedUntil, now);
    }

    private static void Take(ServerContext context, in Tls12SessionContent session, in ClientHello hello)
    {
        context.Negotiated.IsResumed = true;
        context.Negotiated.CipherSuite = session.CipherSuite;
        if (!session.ClientCertificate.IsEmpty)
        {
            context.Negotiated.PeerCertificates = [session.ClientCertificate.ToArray()];
            context.ClientVerifiedUntil = session.ClientVerifiedUntil;
        }

        context.SessionIssuedAt = session.IssuedAt;
        context.IsSessionCached = !session.SessionId.IsEmpty;
        context.SessionId = hello.LegacySessionId.ToArray(); // its echo says that the session is resumed
        Span<byte> random = stackalloc byte[32];
        Tls12ServerFlight.FillRandom(context, random);
        context.Tls12Keys = new Tls12KeySchedule(context.Provider, session.CipherSuite, hello.Random, random);
        context.Tls12Keys.Resume(session.MasterSecret);
    }

    /// <summary>A cache that fails knows nothing.</summary>
    private static bool TryFind(TlsSessionCache cache, ReadOnlySpan<byte> sessionId, out ReadOnlyMemory<byte> session)
    {
        try
        {
            return cache.TryFind(sessionId, out session);
        }
        catch (Exception)
        {
            session = default;
            return true;
        }
    }
}
