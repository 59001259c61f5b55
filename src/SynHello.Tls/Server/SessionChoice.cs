using System.Buffers;
using System.Net.Security;
using System.Security.Cryptography;

using SynHello.Wire;

namespace SynHello.Tls;

/// <summary>
/// Finds the session that a ClientHello may resume (RFC 8446 section 4.2.11). What does not fit is passed over, and the
/// handshake is a full one; only a wrong binder of a ticket that fits ends the connection, as the RFC demands.
/// </summary>
internal static class SessionChoice
{
    /// <summary>How many identities are looked at: each costs a decryption.</summary>
    private const int MostIdentities = 4;

    /// <summary>Longer tickets are nobody's here; they are passed over unopened.</summary>
    public const int LongestTicket = 2048;

    /// <param name="context">The connection. Its transcript holds what came before this ClientHello.</param>
    /// <param name="hello">The ClientHello.</param>
    /// <param name="encoded">The ClientHello with its header; not in the transcript yet.</param>
    /// <param name="protocol">The application protocol that was chosen.</param>
    /// <param name="suite">The suite that is fixed already, behind a HelloRetryRequest; otherwise null.</param>
    /// <param name="canAgreeOnKey">Whether the ClientHello holds a key share that can be used.</param>
    /// <returns>The session; null for a full handshake.</returns>
    public static ResumedSession? Find(
        ServerContext context,
        in ClientHello hello,
        ReadOnlySpan<byte> encoded,
        SslApplicationProtocol protocol,
        CipherSuite? suite,
        bool canAgreeOnKey)
    {
        if (context.Configuration.Resumption is not { } resumption || !hello.Present.Contains(ExtensionType.PreSharedKey))
            return null;
        bool isPskOnly = !canAgreeOnKey;
        byte mode = isPskOnly ? PskKeyExchangeMode.PskKe : PskKeyExchangeMode.PskDheKe;
        if ((isPskOnly && !resumption.AllowPskKeyExchange) || !hello.PskKeyExchangeModes.Contains(mode))
            return null;

        int index = 0;
        foreach (PreSharedKeyIdentity identity in hello.PreSharedKeys)
        {
            if (index == MostIdentities)
                break;
            if (TryResume(context, resumption, hello, encoded, protocol, suite, isPskOnly, identity, index) is { } session)
                return session;
            index++;
        }

        return null;
    }

    private static ResumedSession? TryResume(
        ServerContext context,
        TlsServerResumption resumption,
        in ClientHello hello,
        ReadOnlySpan<byte> encoded,
        SslApplicationProtocol protocol,
        CipherSuite? suite,
        bool isPskOnly,
        in PreSharedKeyIdentity identity,
        int index)
    {
        if (identity.Identity.Length > LongestTicket)
            return null;
        byte[] buffer = ArrayPool<byte>.Shared.Rent(LongestTicket);
        try
        {
            DateTimeOffset now = resumption.TimeProvider.GetUtcNow();
            if (!resumption.Protector.TryOpen(identity.Identity, buffer.AsSpan(0, identity.Identity.Length), out int length)
                || !SessionTicketContent.TryRead(buffer.AsSpan(0, length), out SessionTicketContent ticket))
            {
                return null;
            }

            if (index == 0)
                context.SkippableEarlyData = Math.Max(context.SkippableEarlyData, ticket.MaximumEarlyData);
            if (!Fits(context.Configuration, resumption, ticket, hello, protocol, suite, now))
                return null;

            KeySchedule keys = CheckBinder(context, hello, encoded, ticket, identity.Binder);
            return new ResumedSession(ticket.Secret)
            {
                ClientCertificate = ticket.ClientCertificate.ToArray(),
                ClientVerifiedUntil = ticket.ClientVerifiedUntil,
                Keys = keys,
                Identity = index,
                CipherSuite = suite ?? ticket.CipherSuite,
                IsPskOnly = isPskOnly,
                EarlyData = suite is null && index == 0 && hello.Present.Contains(ExtensionType.EarlyData)
                    ? Attempt(resumption, ticket, identity, now)
                    : null,
            };
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
        in SessionTicketContent ticket,
        in ClientHello hello,
        SslApplicationProtocol protocol,
        CipherSuite? suite,
        DateTimeOffset now)
    {
        long age = ticket.AgeAt(now);
        if (age >= resumption.TicketLifetime.TotalMilliseconds || age < -resumption.EarlyDataWindow.TotalMilliseconds)
            return false;

        // RFC 8446 section 4.2.11: the hash has to be the same. Without a HelloRetryRequest the very suite is taken again.
        if (!configuration.Tls13CipherSuites.Contains(ticket.CipherSuite)
            || ticket.Secret.Length != CipherSuiteParameters.Of(ticket.CipherSuite).HashLength)
        {
            return false;
        }

        bool suiteFits = suite is { } chosen
            ? CipherSuiteParameters.Of(chosen).Hash == CipherSuiteParameters.Of(ticket.CipherSuite).Hash
            : hello.CipherSuites.Contains(ticket.CipherSuite.Value);

        return suiteFits
            && System.Text.Ascii.EqualsIgnoreCase(ticket.ServerName, hello.ServerName)
            && ticket.ApplicationProtocol.SequenceEqual(protocol.Protocol.Span)
            && ticket.TrustContext.SequenceEqual(resumption.TrustContext.Span)
            && ClientFits(configuration.ClientCertificateMode, ticket.ClientCertificate, ticket.ClientVerifiedUntil, now);
    }

    /// <summary>
    /// A client goes on being who it was, for as long as the verdict on its certificate holds; and where certificates are not asked
    /// for, nobody comes back as somebody who showed one.
    /// </summary>
    public static bool ClientFits(
        TlsClientCertificateMode mode, ReadOnlySpan<byte> certificate, long verifiedUntil, DateTimeOffset now) => mode switch
        {
            TlsClientCertificateMode.None => certificate.IsEmpty,
            TlsClientCertificateMode.Requested when certificate.IsEmpty => true,
            _ => !certificate.IsEmpty && now.ToUnixTimeMilliseconds() < verifiedUntil,
        };

    /// <summary>RFC 8446 section 4.2.11.2. Compared in constant time.</summary>
    /// <returns>The key schedule, at its early secret.</returns>
    private static KeySchedule CheckBinder(
        ServerContext context,
        in ClientHello hello,
        ReadOnlySpan<byte> encoded,
        in SessionTicketContent ticket,
        ReadOnlySpan<byte> binder)
    {
        var keys = new KeySchedule(context.Provider, ticket.CipherSuite);
        Span<byte> hash = stackalloc byte[keys.HashLength];
        context.Transcript.GetHashWith(context.Provider, keys.Hash, encoded[..^hello.PreSharedKeys.TruncatedLength], hash);
        Span<byte> expected = stackalloc byte[keys.HashLength];
        keys.EnterEarly(ticket.Secret);
        keys.ComputeBinder(hash, expected);
        if (CryptographicOperations.FixedTimeEquals(binder, expected))
            return keys;
        keys.Dispose();
        throw new TlsProtocolException(
            TlsErrorCause.BadBinder,
            "The binder of the client's pre-shared key does not match its ClientHello.");
    }

    /// <summary>
    /// Early data under this ticket, if it may be taken and is fresh (RFC 8446 sections 4.2.10, 8.3): the client's view of
    /// the ticket's age and this side's must not be further apart than the window.
    /// </summary>
    private static EarlyDataAttempt? Attempt(
        TlsServerResumption resumption,
        in SessionTicketContent ticket,
        in PreSharedKeyIdentity identity,
        DateTimeOffset now)
    {
        // A client may send as much as its ticket says: where that is more by now than is taken, none is.
        if (resumption.MaximumEarlyData == 0
            || ticket.MaximumEarlyData == 0
            || ticket.MaximumEarlyData > resumption.MaximumEarlyData)
        {
            return null;
        }

        long window = (long)resumption.EarlyDataWindow.TotalMilliseconds;
        if (ticket.ReplayScope != resumption.ReplayScope || ticket.EarlyDataWindow != window)
            return null;
        long claimedAge = unchecked(identity.ObfuscatedTicketAge - ticket.AgeAdd);
        if (Math.Abs(ticket.AgeAt(now) - claimedAge) > window)
            return null;
        return new EarlyDataAttempt(
            identity.Binder.ToArray(),
            DateTimeOffset.FromUnixTimeMilliseconds(ticket.IssuedAt + claimedAge + window));
    }
}
