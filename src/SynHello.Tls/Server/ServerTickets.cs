using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;

using SynHello.Wire;

namespace SynHello.Tls;

/// <summary>
/// Tickets (RFC 8446 section 4.6.1). They leave with the server's own flight: without a client certificate the client's
/// Finished is known beforehand, and who comes back soon, or never reads again, has them all the same.
/// </summary>
internal static class ServerTickets
{
    /// <summary>Writes as many tickets as are due. The transcript is at its end.</summary>
    public static void Write(ServerContext context, in ClientHello hello)
    {
        KeySchedule keys = context.RequireKeys();
        int count = CountFor(context.Configuration, hello, context.Negotiated.IsResumed);
        if (count == 0)
        {
            keys.Leave();
            return;
        }

        TlsServerResumption resumption = context.Configuration.Resumption!;
        using var content = new TlsWriter();
        Span<byte> secret = stackalloc byte[keys.HashLength];
        Span<byte> ageAdd = stackalloc byte[4 * count];
        context.Provider.FillRandom(ageAdd);
        for (int i = 0; i < count; i++)
        {
            byte nonce = (byte)i;
            keys.DeriveTicketSecret([nonce], secret);
            content.Clear();
            uint add = BinaryPrimitives.ReadUInt32BigEndian(ageAdd[(4 * i)..]);
            new SessionTicketContent
            {
                CipherSuite = keys.Suite,
                Secret = secret,
                IssuedAt = resumption.TimeProvider.GetUtcNow().ToUnixTimeMilliseconds(),
                AgeAdd = add,
                MaximumEarlyData = (uint)resumption.MaximumEarlyData,
                ReplayScope = resumption.ReplayScope,
                EarlyDataWindow = (uint)resumption.EarlyDataWindow.TotalMilliseconds,
                ServerName = hello.ServerName,
                ApplicationProtocol = context.Negotiated.ApplicationProtocol.Protocol.Span,
                TrustContext = resumption.TrustContext.Span,
                ClientCertificate = context.Negotiated.PeerCertificates is [var certificate, ..] ? certificate.Span : default,
                ClientVerifiedUntil = context.ClientVerifiedUntil,
            }.Write(content);
            WriteTicket(context, resumption, content.Written, nonce, add);
        }

        CryptographicOperations.ZeroMemory(secret);
        keys.Leave();
        context.FlushFlight();
    }

    /// <summary>
    /// Works out the client's Finished, which stands at the end of the transcript, and keeps it to compare.
    /// </summary>
    public static void ExpectFinished(ServerContext context)
    {
        KeySchedule keys = context.RequireKeys();
        Span<byte> hash = stackalloc byte[keys.HashLength];
        Span<byte> message = stackalloc byte[4 + keys.HashLength];
        message[..4].Clear();
        message[0] = HandshakeType.EndOfEarlyData.Value;
        if (context.IsEarlyDataAccepted)
            context.Transcript.Append(message[..4]);
        context.Transcript.GetHash(hash);
        message[0] = HandshakeType.Finished.Value;
        message[3] = (byte)keys.HashLength;
        keys.ComputeFinished(context.ClientHandshakeSecret.AsSpan(0, keys.HashLength), hash, message[4..]);
        message[4..].CopyTo(context.ClientFinished);
        context.Transcript.Append(message);
        context.Transcript.GetHash(hash);
        keys.EnterResumption(hash);
    }

    /// <summary>How many tickets a client is given: what it asks for (RFC 9149), within bounds.</summary>
    public static int CountFor(TlsServerConfiguration configuration, in ClientHello hello, bool isResumed)
    {
        if (configuration.Resumption is not { TicketCount: > 0 } resumption || !MayResume(resumption, hello))
            return 0;
        if (!hello.Present.Contains(ExtensionType.TicketRequest))
            return resumption.TicketCount;
        int count = isResumed ? hello.ResumptionCount : hello.NewSessionCount;
        return Math.Min(count, TlsServerResumption.MostTickets);
    }

    /// <summary>RFC 8446 section 4.2.9: no ticket for a client that could not use it.</summary>
    private static bool MayResume(TlsServerResumption resumption, in ClientHello hello) =>
        hello.PskKeyExchangeModes.Contains(PskKeyExchangeMode.PskDheKe)
        || (resumption.AllowPskKeyExchange && hello.PskKeyExchangeModes.Contains(PskKeyExchangeMode.PskKe));

    private static void WriteTicket(
        ServerContext context,
        TlsServerResumption resumption,
        ReadOnlySpan<byte> content,
        byte nonce,
        uint ageAdd)
    {
        byte[] ticket = ArrayPool<byte>.Shared.Rent(content.Length + resumption.Protector.MaximumOverhead);
        try
        {
            int length = resumption.Protector.Seal(content, ticket);

            // A large certificate of the client's makes it longer than this server would take back: better none than one to carry
            // for nothing.
            if (length <= SessionChoice.LongestTicket)
            {
                new NewSessionTicket
                {
                    LifetimeSeconds = (uint)resumption.TicketLifetime.TotalSeconds,
                    AgeAdd = ageAdd,
                    Nonce = [nonce],
                    Ticket = ticket.AsSpan(0, length),
                    MaximumEarlyData = resumption.MaximumEarlyData > 0 ? (uint)resumption.MaximumEarlyData : null,
                }.Write(context.Flight);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(ticket);
        }
    }
}
